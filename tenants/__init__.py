"""Who is acting, and whose data it is."""

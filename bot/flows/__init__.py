"""The flow language: documents, nodes, texts, expressions and their problems. Pure."""

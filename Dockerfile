FROM python:3.11-slim AS build
COPY requirements-server.lock /tmp/requirements.lock
RUN python -m venv --without-pip /opt/guichet \
 && pip --python /opt/guichet/bin/python install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r /tmp/requirements.lock \
 && echo /srv/guichet > /opt/guichet/lib/python3.11/site-packages/guichet.pth \
 && printf '#!/opt/guichet/bin/python\nfrom web.cli import main\n\nmain()\n' > /opt/guichet/bin/guichet \
 && chmod 0755 /opt/guichet/bin/guichet

FROM python:3.11-slim
ENV PATH=/opt/guichet/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN groupadd --system --gid 10001 guichet \
 && useradd --system --uid 10001 --gid guichet --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin guichet
COPY --from=build /opt/guichet /opt/guichet
WORKDIR /srv/guichet
COPY pyproject.toml ./
COPY migrations ./migrations
COPY tenants ./tenants
COPY compliance ./compliance
COPY bot ./bot
COPY web ./web
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["guichet", "serve", "--host", "0.0.0.0", "--port", "8000"]

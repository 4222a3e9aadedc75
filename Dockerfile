# syntax=docker/dockerfile:1
# Two stages: the second holds a virtual environment and nothing that built it.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements/build.txt requirements/server.txt requirements/
RUN python -m venv /build-venv \
 && /build-venv/bin/pip install --quiet --require-hashes --only-binary=:all: -r requirements/build.txt \
 && python -m venv /venv \
 && /venv/bin/pip install --quiet --require-hashes --only-binary=:all: -r requirements/server.txt
COPY pyproject.toml README.md LICENSE ./
COPY proto/gen proto/gen
COPY clients/python clients/python
COPY server server
RUN /build-venv/bin/hatchling build -t wheel -d /wheels \
 && /venv/bin/pip install --quiet --no-deps --no-index /wheels/*.whl \
 && /venv/bin/python -m compileall -q /venv/lib

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --create-home --home-dir /var/lib/imensiah --shell /usr/sbin/nologin imensiah
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    IMENSIAH_LISTEN=0.0.0.0:50051 \
    IMENSIAH_DATA_DIR=/var/lib/imensiah/data
# The only folder that is written to; everything else may be mounted read-only.
RUN install -d -o imensiah /var/lib/imensiah/data
VOLUME /var/lib/imensiah/data
USER 10001
EXPOSE 50051
# It starts when it knows its callers: IMENSIAH_CALLERS__<NAME>__TOKEN_SHA256 (`imensiah token NAME` makes one), or
# IMENSIAH_TLS__CLIENT_CA, or IMENSIAH_SERVE_ANYBODY=true (docs/configuration.md, "Who may call").
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["imensiah", "health"]
CMD ["imensiah", "serve"]

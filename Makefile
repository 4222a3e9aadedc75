# Every target sets up what it needs; a fresh machine needs Python >= 3.11 and make.
BIN := .venv/bin
# The first that really runs: a version manager's shim may exist and fail, Debian's python3 may lack venv.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
GEN ?= proto/gen
MESSAGES = $(patsubst proto/%,%,$(wildcard proto/imensiah/enrichment/v1/*.proto)) buf/validate/validate.proto
SERVICES = $(patsubst proto/%,%,$(wildcard proto/imensiah/enrichment/v1/*_service.proto))
# third_party first: it lies inside proto/, and protoc names a file by the first path that holds it.
PROTOC = PATH="$(CURDIR)/$(BIN):$$PATH" python -m grpc_tools.protoc -Iproto/third_party -Iproto
# The contract is compared with what has landed.
LANDED ?= $(shell git rev-parse -q --verify origin/main >/dev/null && echo origin/main || echo main)
COMPILE = UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-emit-index-url $(UPGRADE)

.PHONY: setup demo test test-live simulate faults lint bench proto lock

setup: .venv/.ready
.venv/.ready: requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo 'No Python >= 3.11 with venv found (Debian: apt-get install python3-venv). Name one: make PYTHON=/path/to/python3'; exit 1; }
	@echo 'Setting up .venv (once, about a minute) ...'
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install --require-hashes --only-binary=:all: -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(BIN)/imensiah demo

test: setup
	$(BIN)/python -m pytest -m 'not live' --cov --cov-report=term-missing:skip-covered --cov-report=json:.coverage.json
	$(BIN)/python tests/coverage_floor.py .coverage.json

# The tests that want a real Redis, PostgreSQL or grpcurl: they install and start it themselves.
test-live: setup
	$(BIN)/python -m pytest -m live

# Worlds of some 500 requests each, on all cores: make simulate SEEDS=2400
simulate: setup
	@PYTHONPATH=tests $(BIN)/python tests/simulate.py --seeds $(or $(SEEDS),2000)

# Every source x every fault x the cache up, down and hung: two minutes on two cores.
faults: setup
	@PYTHONPATH=tests $(BIN)/python tests/faults.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code --path proto/imensiah
	@if git cat-file -e $(LANDED):buf.yaml 2>/dev/null; then $(BIN)/buf breaking --against '.git#ref=$(LANDED)'; \
	else echo 'buf breaking: $(LANDED) holds no contract yet'; fi
	@fresh=$$(mktemp -d); $(MAKE) --no-print-directory --silent proto GEN=$$fresh && diff -r -x __pycache__ proto/gen $$fresh; \
	same=$$?; rm -rf $$fresh; test $$same = 0 || { echo 'proto/gen differs from the .proto files: run make proto, commit'; exit 1; }

bench: setup
	$(BIN)/python bench/overhead.py
	$(BIN)/python bench/throughput.py
	$(BIN)/python bench/guards.py
	$(BIN)/python bench/overload.py
	$(BIN)/python bench/fallback.py
	$(BIN)/python bench/quality.py

proto: setup
	rm -rf $(GEN) && mkdir -p $(GEN)
	$(PROTOC) --python_out=$(GEN) --mypy_out=quiet:$(GEN) $(MESSAGES)
	$(PROTOC) --grpc_python_out=$(GEN) --mypy_grpc_out=quiet,only_async:$(GEN) $(SERVICES)

# Exact and hash-locked for every Python >= 3.11 and platform. New versions: make lock UPGRADE=--upgrade
lock:
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(PIP) install uv==0.13.9; }
	$(COMPILE) pyproject.toml --extra server --extra parquet --group dev -o requirements/dev.txt
	$(COMPILE) pyproject.toml --extra server -c requirements/dev.txt -o requirements/server.txt
	$(COMPILE) pyproject.toml -c requirements/dev.txt -o requirements/client.txt
	$(COMPILE) --group build -c requirements/dev.txt -o requirements/build.txt

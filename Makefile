# Onelight: `make run` starts everything, `make test` proves it. `make help` lists the rest.

VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := $(VENV)/bin/python
# Arguments for pytest, for instance: make test T="tests/teams -x"
T ?=
# Options for bench-imaging and eval-imaging, for instance: make bench-imaging B="--rounds 1 --only check"
B ?=
E ?=
G ?=
W ?=
# Options for sim-queue: make sim-queue S="--people 2000 --workers 2"
S ?=
# Two processes: each has a database of its own, and the pictures' models fit into memory twice.
JOBS ?= 2
# The tests' own PostgreSQL and Redis, stopped at the end; plain `pytest` keeps others running.
TEST_SERVICES ?= $(CURDIR)/var/make-test

# The services drop root; what pip writes must be readable for them whatever the caller's umask is.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
INSTALL := umask 022 && $(PY) -m pip install --quiet --require-virtualenv --use-pep517

.DEFAULT_GOAL := help
.PHONY: help install install-test run test check messages bench-imaging bench-gpu eval-imaging eval-worn sim-queue lock system system-test clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: system $(VENV)/.base  ## Start the portal: services, web, workers (Ctrl-C stops)
	@exec $(PY) manage.py up

install: system $(VENV)/.base  ## Make .venv from requirements/base.txt

install-test: system-test $(VENV)/.dev  ## Add what tests and GPU workers need

test: install-test  ## Run every test (T="…" passes arguments to pytest)
	@export TEST_SERVICES_DIR="$(TEST_SERVICES)"; \
	$(PY) -m pytest -n $(JOBS) --dist loadfile $(T); status=$$?; \
	VAR_DIR="$(TEST_SERVICES)" DATABASE_URL= REDIS_URL= $(PY) manage.py services stop; exit $$status

check: install-test  ## Style, types, layers, templates, migrations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	git ls-files -z 'templates/*.html' | xargs -0 $(VENV)/bin/djade --target-version 5.2 --check
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

bench-imaging: install-test  ## Time every imaging stage, against budget and naive code
	@$(PY) -m tests.benchmarks.bench_imaging $(B)

bench-gpu: install-test  ## Time the generating engines against plain diffusers (G="--only sdxl")
	@$(PY) -m tests.benchmarks.bench_gpu $(G)

eval-imaging: install-test  ## Judge headshots of the shared photos (OUT=folder)
	@$(PY) -m tests.benchmarks.eval_imaging $(if $(OUT),--out "$(OUT)") $(E)

eval-worn: install-test  ## Judge how glasses and beards are told apart (W=--headshots)
	@$(PY) -m tests.benchmarks.worn_eval $(W)

sim-queue: $(VENV)/.base  ## Hold waiting times that pages show against a simulated day
	@$(PY) manage.py simulate_queue $(S)

# Catalogues are committed with their compiled form: a clone runs without gettext, only this needs it.
messages: $(VENV)/.base  ## Collect sentences to translate into locale/, compile what is translated
	@command -v msgfmt >/dev/null || { echo "Install gettext first: apt-get install gettext" >&2; exit 1; }
	$(PY) manage.py makemessages --locale de --extension html,txt,py,subject --ignore .venv --ignore var \
		--ignore tests --no-obsolete --no-wrap --add-location file
	$(PY) manage.py compilemessages --locale de --ignore .venv --ignore var

# Everything is resolved once together; the smaller locks take their pins from it, so all three agree.
# uv does not read pip's settings: package indexes that pip is set up with are handed to it.
UV = UV_FIND_LINKS="$$($(PY) -m pip config get :env:.find-links 2>/dev/null)" \
	UV_EXTRA_INDEX_URL="$$($(PY) -m pip config get global.extra-index-url 2>/dev/null)" \
	$(VENV)/bin/uv pip compile --quiet --upgrade --index-strategy unsafe-best-match --no-header \
	--annotation-style line --python-version 3.11 pyproject.toml
lock: $(VENV)/.base  ## Resolve pyproject.toml into requirements/*.txt again
	@$(INSTALL) uv
	$(UV) --extra dev --extra diffusion -o requirements/dev.txt
	sed -i 's/^\(torch==[0-9.]*\)+[a-z0-9]*/\1/' requirements/dev.txt
	$(UV) --extra diffusion -c requirements/dev.txt -o requirements/gpu.txt
	sed -i 's/^\(torch==[0-9.]*\)+[a-z0-9]*/\1/' requirements/gpu.txt
	$(UV) -c requirements/dev.txt -o requirements/base.txt

clean:  ## Remove the environment and caches; the data in var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

system:
	@"$(or $(PYTHON),python3)" portal/lib/system.py

system-test:
	@"$(or $(PYTHON),python3)" portal/lib/system.py --test

$(PY):
	@test -w . || { echo "The folder $(CURDIR) cannot be written by $$(id -un); clone Onelight into one of your own." >&2; exit 1; }
	@echo "Making the Python environment in $(VENV)"
	@umask 022 && "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# A stamp is younger than its lock exactly as long as the lock has not changed since.
$(VENV)/.base: requirements/base.txt | $(PY)
	@echo "Installing the packages of requirements/base.txt (a few minutes the first time)"
	@$(INSTALL) -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(PY)
	@echo "Installing the packages of requirements/dev.txt (several minutes the first time)"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

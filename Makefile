# Stepvisor.  `make run` and `make test` set up what is missing; `make help` lists the targets.
BUILD ?= build
ifeq ($(origin CC),default)
CC = gcc
endif
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
WARN = -Wall -Wextra -Werror=unused-result -Wmissing-prototypes -Wstrict-prototypes
# no PIE: constant tables of pointers then stay in read-only sections (the no-globals check relies on it)
ALL_CFLAGS = -std=gnu11 -I. -fno-pie -fno-strict-aliasing $(WARN) $(CFLAGS) $(SAN)
LDFLAGS_ALL = -no-pie $(SAN)

CORE_DIRS = sim sim/api sim/dev vmm bt vt lessons
CORE_SRC := $(foreach d,$(CORE_DIRS),$(wildcard $(d)/*.c))
TUI_SRC := $(wildcard tui/*.c)
UNIT_SRC := $(wildcard tests/unit/*.c)
PROP_SRC := $(wildcard tests/prop/*.c)
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o)
TUI_OBJ := $(TUI_SRC:%.c=$(BUILD)/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)
PROP_BIN := $(PROP_SRC:%.c=$(BUILD)/%)
CORE_LIBS = -lelf -ljansson
TUI_LIBS = -lncursesw -lreadline -lcapstone $(CORE_LIBS)
AGAIN = $(MAKE) --no-print-directory -j$(shell nproc)

.PHONY: all lib units run test check bench install uninstall clean help deps
.SECONDARY:
all: stepvisor

help:
	@echo "make            build ./stepvisor"
	@echo "make run        install what is missing, build, open the popf lesson"
	@echo "make test       install what is missing, build, run the fast suites"
	@echo "make check      walls, other compilers, sanitizers, torture, properties, goldens"
	@echo "make check-oracle  the system guests on QEMU and Bochs, differences listed"
	@echo "make bench      guest MIPS, beside Bochs and QEMU where they are installed"
	@echo "make install    into PREFIX ($(PREFIX)); make uninstall takes it away; DESTDIR is respected"
	@echo "make clean      remove $(BUILD) and ./stepvisor"
	@echo "Variables: BUILD= CC= CFLAGS= SAN= (as -fsanitize=address) PREFIX= DESTDIR="

stepvisor: $(BUILD)/stepvisor
	cp -f $< $@.new && mv -f $@.new $@

$(BUILD)/stepvisor: $(TUI_OBJ) $(BUILD)/libstepvisor.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(TUI_LIBS)

$(BUILD)/libstepvisor.a: $(CORE_OBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libstepvisor.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcunit -lcapstone $(CORE_LIBS)

$(BUILD)/tests/prop/%: $(BUILD)/tests/prop/%.o $(BUILD)/libstepvisor.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(CORE_LIBS)

lib: $(BUILD)/libstepvisor.a
units: $(UNIT_BIN) $(PROP_BIN)
-include samples/rules.mk
-include tests/bench/rules.mk
-include tests/silicon/rules.mk
-include tests/system/rules.mk

deps:
	@sh tests/deps.sh

run: deps
	@$(AGAIN) all samples
	@if [ -t 0 ] && [ -t 1 ]; then ./stepvisor lesson popf; \
	 else ./stepvisor lesson popf --plain --demo; fi

test: deps
	@BUILD=$(BUILD) sh tests/run.sh test

check:
	@BUILD=$(BUILD) sh tests/deps.sh check
	@BUILD=$(BUILD) sh tests/run.sh check

bench: deps
	@$(AGAIN) all samples bench-programs
	@BUILD=$(BUILD) sh tests/bench/run.sh

# one folder with the program, its lessons and samples; a link and the man page where they are looked for
HOME_DIR = $(DESTDIR)$(PREFIX)/lib/stepvisor
MAN_DIR = $(DESTDIR)$(PREFIX)/share/man/man1
install: stepvisor
	install -d $(DESTDIR)$(PREFIX)/bin $(HOME_DIR) $(MAN_DIR)
	install -m 755 stepvisor $(HOME_DIR)/stepvisor
	ln -sf ../lib/stepvisor/stepvisor $(DESTDIR)$(PREFIX)/bin/stepvisor
	./stepvisor --help-man > $(MAN_DIR)/stepvisor.1
	find samples lessons/*/ -type f -exec install -D -m 644 {} $(HOME_DIR)/{} \;

uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/bin/stepvisor $(MAN_DIR)/stepvisor.1 $(HOME_DIR)

clean:
	rm -rf $(BUILD) stepvisor

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

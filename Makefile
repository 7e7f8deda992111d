# Stepvisor.  `make run` and `make test` set up what is missing; see README.md.
BUILD ?= build
CC ?= gcc
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Werror=unused-result -Wmissing-prototypes -Wstrict-prototypes
# no PIE: constant tables of pointers then stay in read-only sections (the no-globals check relies on it)
ALL_CFLAGS = -std=gnu11 -I. -fno-pie -fno-strict-aliasing $(WARN) $(CFLAGS) $(SAN)
LDFLAGS_ALL = -no-pie $(SAN)

CORE_DIRS = sim sim/api sim/dev vmm bt vt lessons
CORE_SRC := $(foreach d,$(CORE_DIRS),$(wildcard $(d)/*.c))
TUI_SRC := $(wildcard tui/*.c)
UNIT_SRC := $(wildcard tests/unit/*.c)
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o)
TUI_OBJ := $(TUI_SRC:%.c=$(BUILD)/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)
CORE_LIBS = -lelf -ljansson
TUI_LIBS = -lncursesw -lreadline -lcapstone $(CORE_LIBS)

.PHONY: all clean
all: stepvisor

stepvisor: $(TUI_OBJ) $(BUILD)/libstepvisor.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(TUI_LIBS)

$(BUILD)/libstepvisor.a: $(CORE_OBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libstepvisor.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcunit -lcapstone $(CORE_LIBS)

units: $(UNIT_BIN)
clean:
	rm -rf $(BUILD) stepvisor

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

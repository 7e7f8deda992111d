# rules.mk - builds the guest programs: build/samples/NAME.elf from samples/NAME.S or .c.
# Each has samples/NAME.expect, the text it prints on COM1 before it exits with code 0.
SAMPLE_SRC := $(wildcard samples/*.S samples/*.c)
SAMPLE_ELF := $(patsubst samples/%,$(BUILD)/samples/%.elf,$(basename $(SAMPLE_SRC)))
GUEST_CC ?= gcc
GUEST_CFLAGS = -m32 -march=i486 -O2 -g -ffreestanding -fno-builtin -fno-pic -no-pie -mno-80387 \
               -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -Wall
GUEST_LINK = -nostdlib -static -Isamples -Wl,--build-id=none -Wl,-T,samples/guest.ld

.PHONY: samples
samples: $(SAMPLE_ELF)

$(BUILD)/samples/%.elf: samples/%.S samples/boot.inc samples/guest.ld
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_LINK) -o $@ $<

$(BUILD)/samples/%.elf: samples/%.c samples/boot.inc samples/guest.ld
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_LINK) -o $@ $<

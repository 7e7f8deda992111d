# rules.mk - builds the system guests: build/tests/system/NAME.elf, and .img for emulators that
# start with a BIOS.  Each has NAME.expect, what it prints.
SYSTEM_OUT = $(BUILD)/tests/system
SYSTEM_ELF := $(patsubst tests/system/%.expect,$(BUILD)/tests/system/%.elf,$(wildcard tests/system/*.expect))
SYSTEM_SHARED = $(patsubst %,tests/system/%,system.inc paging.inc pae.inc rights.inc irq.inc debug.inc low.inc v86.inc lib.S print.inc) samples/guest.ld
SYSTEM_LINK = gcc -m32 -Wa,-mtune=i686 -fno-pic -no-pie -Itests/system -nostdlib -static \
              -Wl,--build-id=none -Wl,-z,noexecstack

.PHONY: system-guests system-images
system-guests: $(SYSTEM_ELF)
system-images: $(SYSTEM_ELF:.elf=.img)

$(SYSTEM_OUT)/%.elf: tests/system/%.S $(SYSTEM_SHARED)
	@mkdir -p $(@D)
	$(SYSTEM_LINK) -Wl,-T,samples/guest.ld -o $@ $< tests/system/lib.S

$(SYSTEM_OUT)/%.img: $(SYSTEM_OUT)/%.elf tests/bench/disk.S
	objcopy -O binary $< $@.data
	$(SYSTEM_LINK) -Wl,-Ttext=0x7c00,--oformat=binary \
	    -DSECTORS=$$((($$(stat -c %s $@.data) + 511) / 512)) -o $@ tests/bench/disk.S
	cat $@.data >> $@ && truncate -s 1474560 $@ && rm $@.data

.PHONY: check-oracle
check-oracle:
	@BUILD=$(BUILD) sh tests/system/oracle.sh

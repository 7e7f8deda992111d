# kernels, modules, boot sectors, sizes of RAM: what the command line takes, and refuses in one line
$ stepvisor run samples/hello.S --kernel samples/hello.S
stepvisor: samples/hello.S: with --kernel no other GUEST is loaded
? 2
$ stepvisor run --kernel tests/guests/exit5.S
stepvisor: tests/guests/exit5.S: no kernel: it is neither a Linux bzImage nor has a multiboot header
? 126
$ stepvisor run --kernel no-such-file
stepvisor: no-such-file: No such file or directory
? 127
$ stepvisor run tests/guests/exit5.S --append x
stepvisor: tests/guests/exit5.S: a command line is for Linux and multiboot kernels, this is neither
? 126
$ stepvisor run tests/guests/exit5.S --initrd samples/hello.S
stepvisor: tests/guests/exit5.S: modules are for Linux and multiboot kernels, this is neither
? 126
$ stepvisor run --kernel tests/guests/multiboot.S --initrd no-such-file
stepvisor: no-such-file: No such file or directory
? 127
$ stepvisor run --kernel tests/guests/multiboot.S --module tests/guests
stepvisor: tests/guests: Is a directory
? 126
$ stepvisor run --rom samples/hello.S --append x
stepvisor: --append: with --rom there is no kernel to give it to
? 2
$ stepvisor run --rom samples/hello.S --initrd x
stepvisor: --initrd: with --rom there is no kernel to give it to
? 2
$ for e in native bt vt interp; do stepvisor run --kernel tests/guests/multiboot.S --append "quiet root=x" --initrd "LICENSE first,tests/guests/multiboot.S" -m 8 --engine $e; done
multiboot.S quiet root=x
LICENSE first
tests/guests/multiboot.S
00000280 00001C00
multiboot.S quiet root=x
LICENSE first
tests/guests/multiboot.S
00000280 00001C00
multiboot.S quiet root=x
LICENSE first
tests/guests/multiboot.S
00000280 00001C00
multiboot.S quiet root=x
LICENSE first
tests/guests/multiboot.S
00000280 00001C00
$ stepvisor run --kernel tests/guests/multiboot.S -m 3G
multiboot.S
00000280 002FFC00
$ stepvisor run samples/hello.S -m 3073
stepvisor: -m: RAM of "3073" is not between 1M and 3G
? 2
$ stepvisor run samples/hello.S -m 512k
stepvisor: -m: RAM of "512k" is not between 1M and 3G
? 2
$ stepvisor diverge samples/hello.S --ram 3G --engines native,bt,vt,interp
native,bt,vt,interp: no difference in 5,004 ticks; exited with code 0 at tick 5004
# a boot sector: INT 13h is nobody's; 510 bytes, 55 AA; the disk of which it is the first sector has to be whole
$ d=$(mktemp -d); { printf '\315\023'; head -c 508 /dev/zero; printf '\125\252'; } >$d/b.img; for e in native direct bt vt interp; do stepvisor run $d/b.img --engine $e; done; stepvisor diverge $d/b.img --engines native,bt,vt,interp; rm -r $d
INT 13h: there is no BIOS (--rom)
INT 13h: there is no BIOS (--rom)
INT 13h: there is no BIOS (--rom)
INT 13h: there is no BIOS (--rom)
INT 13h: there is no BIOS (--rom)
native,bt,vt,interp: no difference in 201 ticks; exited with code 1 at tick 201
$ d=$(mktemp -d); { head -c 510 /dev/zero; printf '\125\252x'; } >$d/b.img; (cd $d && stepvisor run b.img); c=$?; rm -r $d; exit $c
stepvisor: b.img: a disk image has whole sectors of 512 bytes, not 513 bytes
? 126
$ d=$(mktemp -d); gzip -c LICENSE >$d/k.gz; (cd $d && stepvisor run k.gz); c=$?; rm -r $d; exit $c
stepvisor: k.gz: compressed: uncompress it (gunzip) first
? 126

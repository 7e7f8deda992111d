# the x87 to whoever looks: the view and its gdb name, expressions, what direct execution leaks
$ stepvisor samples/x87.S --batch -ex 'step 6' -ex 'info float' -ex 'print $st0.exp' -ex 'p/x $ftag' -ex 'print $st9'
...
  reg st  tag   bits                   value
  R7  st1 valid 0x3fff8000000000000000 +1
> R6  st0 valid 0x40008000000000000000 +2
...
fstat 3000  raised idzoup  pending 0  stack-fault 0  top 6  c3210 0000
fctrl 037f  masked IDZOUP  precision 64 bits  rounding nearest
ftag 0fff  instruction 0008:00100020  operand 0010:0010101b  fop d8f1
16384 = 0x4000
0x00000fff
...
? 1
$ stepvisor diverge samples/x87.S --engines native,bt,vt,interp
native,bt,vt,interp: no difference in 14,587 ticks; exited with code 0 at tick 14587
$ stepvisor diverge samples/x87.S --engines native,direct
fnstenv at 0x00100063 left 0x031d0008 in memory at 0x00102044 natively; under direct it left 0x031dffc9 in memory at 0x00102044, because the guest kernel runs at CPL 1, where fnstenv stores the real CS, whose low two bits show the real privilege (SDM 2 FSTENV)
...
? 1

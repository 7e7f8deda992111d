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
# registers can be set, under every engine, and go on from there
$ for e in native bt vt interp; do stepvisor samples/x87.S --engine $e --batch -ex 'step 6' -ex 'set $st0=-2.75' -ex 'p $st0' -ex 'p/x $st0.exp' -ex 'step' -ex 'p $st0'; done | grep '='
$st0 = -2.75; a branch of history begins here
-2.75 = 0xc000b000000000000000
-1.75 = 0xbfffe000000000000000
$st0 = -2.75; a branch of history begins here
-2.75 = 0xc000b000000000000000
-1.75 = 0xbfffe000000000000000
$st0 = -2.75; a branch of history begins here
-2.75 = 0xc000b000000000000000
-1.75 = 0xbfffe000000000000000
$st0 = -2.75; a branch of history begins here
-2.75 = 0xc000b000000000000000
-1.75 = 0xbfffe000000000000000
$ stepvisor samples/x87.S --batch -ex 'set $st1=0x7fffc000000000000000' -ex 'set $st2=inf' -ex 'set $st3=1e-4940' -ex 'set $st4=0' -ex 'set $fstat=1' -ex 'set $fctrl=0' -ex 'set $st9=1'
$st1 = qnan; a branch of history begins here
$st2 = +inf; a branch of history begins here
$st3 = +9.99999999996053252e-4941; a branch of history begins here
$st4 = +0; a branch of history begins here
$fstat = 0x1; a branch of history begins here
$fctrl = 0x0; a branch of history begins here
error: no register or flag "st9"
? 1
$ stepvisor samples/x87.S --batch -ex 'set $fstat=1' -ex 'set $fctrl=0' -ex 'info float' | grep ^fstat
fstat 8081  raised Idzoup  pending 1  stack-fault 0  top 0  c3210 0000

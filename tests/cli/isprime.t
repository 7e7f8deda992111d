# The translation cache after isprime(49): the paper, 3.2.  Four fragments (*), two continuations that
# were never taken [prime], two elided jumps, and no translation of `prime`.
$ stepvisor show tc samples/isprime.S --engine bt isPrime | sed 1,2d
  eip      guest         cache    bytes            emitted                      rule
* 00100030 mov ecx, edi  ffd0002a 89 f9            mov ecx, edi                 IDENT
  00100032 mov esi, 2    ffd0002c be 02 00 00 00   mov esi, 2                   IDENT
  00100037 cmp esi, ecx  ffd00031 39 ce            cmp esi, ecx                 IDENT
  00100039 jge 0x10004a  ffd00033 0f 8d 95 ff 0f.. jge [prime]                  JCC
* 0010003b mov eax, ecx  ffd00039 89 c8            mov eax, ecx                 IDENT
  0010003d cdq           ffd0003b 99               cdq                          IDENT
  0010003e idiv esi      ffd0003c f7 fe            idiv esi                     IDENT
  00100040 test edx, edx ffd0003e 85 d2            test edx, edx                IDENT
  00100042 je 0x100050   ffd00040 0f 84 0f 00 00.. je notPrime'                 JCC
* 00100044 inc esi       ffd00046 ff c6            inc esi                      IDENT
  00100046 cmp esi, ecx  ffd00048 39 ce            cmp esi, ecx                 IDENT
  00100048 jl 0x10003b   ffd0004a 0f 8c e9 ff ff.. jl nexti'                    JCC
                         ffd00050 e9 6f ff 0f 00   jmp [prime]
* 00100050 xor eax, eax  ffd00055 31 c0            xor eax, eax                 IDENT
  00100052 ret           ffd00057 65 a3 04 00 00.. mov dword gs:[4], eax        RET
                         ffd0005d 65 89 0d 08 00.. mov dword gs:[8], ecx
                         ffd00064 58               pop eax
                         ffd00065 0f b6 c8         movzx ecx, al
                         ffd00068 65 ff 24 8d 00.. jmp dword gs:[ecx*4 + 0x400]
continuations
  unit to                 state   target-unit
  1    prime 0010004a     remains
  1    nexti 0010003b     elided  2
  2    notPrime 00100050  chained 4
  2    nexti+0x9 00100044 elided  3
  3    nexti 0010003b     chained 2
  3    prime 0010004a     remains

# triple.S - no IDT: the first exception shuts the processor down.
    .globl _start
_start:
    ud2

/* ports.h - what platform.c and ports.c share. */
#ifndef SIM_DEV_PORTS_H
#define SIM_DEV_PORTS_H

struct platform;
enum { P61_IOCHK_OFF = 0x08 /* ports.c */ };
/* The interrupt lines and NMI, as they are at p->now. */
void platform_drive(struct platform *p);

#endif

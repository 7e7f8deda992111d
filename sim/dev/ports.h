/* ports.h - what platform.c and ports.c share. */
#ifndef SIM_DEV_PORTS_H
#define SIM_DEV_PORTS_H

struct platform;
/* The interrupt lines, as they are at p->now. */
void platform_drive(struct platform *p);

#endif

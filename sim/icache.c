#include "sim/icache.h"

bool icache_init(struct hw *m) { (void)m; return true; }
void icache_free(struct hw *m) { (void)m; }
void icache_drop(struct hw *m) { (void)m; }
void icache_written(struct hw *m, u32 pa, u32 len) { (void)m; (void)pa; (void)len; }
bool icache_has_code(const struct hw *m, u32 frame) { (void)m; (void)frame; return false; }

enum run_result icache_run(struct hw *m, u64 budget_steps, u64 budget_ticks, fault_t *fault)
{
    (void)m; (void)budget_steps; (void)budget_ticks; (void)fault;
    return RUN_SYNC;
}

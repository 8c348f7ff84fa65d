#ifndef RAPPORT_COMMON_SERVER_ARENAS_H_
#define RAPPORT_COMMON_SERVER_ARENAS_H_

namespace rapport::server {

// Lets malloc keep two arenas for each processor, and at most 16, instead of eight for each, before the first thread
// begins: what a thread frees stays in its arena, so that a process grows to what all arenas held at their fullest,
// some time or other. README.md has figures. MALLOC_ARENA_MAX in the environment goes before it.
void LimitArenas();

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_ARENAS_H_

#include "common/server/arenas.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace rapport::server {

void LimitArenas() {
  if (std::getenv("MALLOC_ARENA_MAX") != nullptr) return;
  mallopt(M_ARENA_MAX, static_cast<int>(std::clamp(2 * std::thread::hardware_concurrency(), 2U, 16U)));
}

}  // namespace rapport::server

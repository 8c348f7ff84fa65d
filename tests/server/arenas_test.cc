#include "common/server/arenas.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"

namespace rapport::server {
namespace {

size_t ArenaCount() {
  char* text = nullptr;
  size_t size = 0;
  FILE* const file = open_memstream(&text, &size);
  malloc_info(0, file);
  fclose(file);
  const std::string info(text, size);
  std::free(text);
  size_t count = 0;
  for (size_t at = 0; (at = info.find("<heap nr=", at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST(ArenasTest, ManyThreadsShareFew) {
  const size_t before = ArenaCount();
  if (before == 0) GTEST_SKIP() << "another malloc takes the place of the system's";
  LimitArenas();
  absl::Notification release;
  absl::BlockingCounter allocated(100);
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      const std::string some(1000, 'x');
      allocated.DecrementCount();
      release.WaitForNotification();
    });
  }
  allocated.Wait();
  EXPECT_LE(ArenaCount(), std::max<size_t>({before, 2, 2 * std::thread::hardware_concurrency()}));
  release.Notify();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace rapport::server

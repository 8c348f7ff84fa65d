#include <hiredis.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/benchmark/dataset.h"
#include "tests/benchmark/load.h"

namespace rapport::benchmark {

int RunRedisSet(int port, int64_t count) {
  constexpr int64_t kPipeline = 1000;
  const std::unique_ptr<redisContext, void (*)(redisContext*)> redis(redisConnect("127.0.0.1", port), redisFree);
  if (redis == nullptr || redis->err != 0) {
    std::cerr << "no Redis at port " << port << "\n";
    return 1;
  }
  const absl::Time start = absl::Now();
  for (int64_t first = 0; first < count; first += kPipeline) {
    const int64_t last = std::min(first + kPipeline, count);
    for (int64_t i = first; i < last; ++i) {
      const ratings::v1::Rating rating = ToRating(MakeRow("s", i, count));
      const std::string value = rating.SerializeAsString();
      const char* arguments[] = {"SET", rating.rating_id().data(), value.data()};
      const size_t sizes[] = {3, rating.rating_id().size(), value.size()};
      redisAppendCommandArgv(redis.get(), 3, arguments, sizes);
    }
    for (int64_t i = first; i < last; ++i) {
      void* reply = nullptr;
      if (redisGetReply(redis.get(), &reply) != REDIS_OK) {
        std::cerr << redis->errstr << "\n";
        return 1;
      }
      freeReplyObject(reply);
    }
  }
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - start);
  std::cout << absl::StrCat("{\"events\":", count, ",\"per_second\":", static_cast<double>(count) / elapsed, "}\n");
  return 0;
}

}  // namespace rapport::benchmark

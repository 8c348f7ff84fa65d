// What a server that is no Redis, or not the one that was meant, may answer.
#include <hiredis/hiredis.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/store/redis_error.h"
#include "tests/fuzz/fail.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rapport::store;
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(), redisReaderFree);
  if (redisReaderFeed(reader.get(), reinterpret_cast<const char*>(data), size) != REDIS_OK) return -1;
  void* reply = nullptr;
  while (redisReaderGetReply(reader.get(), &reply) == REDIS_OK && reply != nullptr) {
    const std::unique_ptr<void, void (*)(void*)> owned(reply, freeReplyObject);
    const auto& read = *static_cast<const redisReply*>(reply);
    const RedisEndpoint server{"127.0.0.1", 6379};
    const absl::Status error = RedisErrorOf(read, server);
    rapport::fuzz::Require(error.ok() == (read.type != REDIS_REPLY_ERROR), "an error is an error");
    const RedisRefusal refusal = RefusalOf(read);
    if (refusal != RedisRefusal::kMoved && refusal != RedisRefusal::kAsk) continue;
    const auto redirection = RedirectionOf(read, server);
    if (!redirection) continue;
    rapport::fuzz::Require(redirection->port > 0 && redirection->port < 65536, "a server can be connected to");
  }
  return 0;
}

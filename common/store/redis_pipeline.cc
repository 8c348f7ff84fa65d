#include "common/store/redis_pipeline.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/store/redis_error.h"

namespace rapport::store {
namespace {

// One pipeline on its connection: connects and logs in when the connection is new, then sends and receives.
class Exchange {
 public:
  Exchange(RedisPipeline& pipeline, RedisConnection connection)
      : pipeline_(pipeline), connection_(std::move(connection)), connected_(connection_.greeted) {
    if (connection_.greeted) {
      SendCommands();
    } else {
      greeting_ = pipeline_.node->Greeting();
      for (const RedisCommand& command : greeting_) Append(command);
    }
    Extend();
  }

  bool done() const { return done_; }
  absl::Time limit() const { return limit_; }
  pollfd Awaited() const {
    return {connection_.context->fd, static_cast<int16_t>(output_ ? POLLIN | POLLOUT : POLLIN), 0};
  }

  void Advance(int16_t events) {
    Extend();
    if (!connected_ && !FinishConnecting()) return;
    if ((events & POLLOUT) != 0 && !Write()) return;
    if ((events & ~POLLOUT) != 0) Read();
  }

  void Expire() {
    Fail(absl::StrCat("gave no answer within ", absl::FormatDuration(Patience()), ": check its load and the network"),
         /*down=*/Probes() || Patience() == pipeline_.node->timeout());
  }

 private:
  void Append(const RedisCommand& command) {
    redisAppendCommandArgv(connection_.context.get(), static_cast<int>(command.size()), command.pointers(),
                           command.sizes());
    output_ = true;
  }

  void SendCommands() {
    for (const RedisCommand* command : pipeline_.commands) Append(*command);
  }

  bool Probes() const { return connection_.probe && !connection_.greeted; }
  absl::Duration Patience() const {
    return Probes() ? std::min(pipeline_.Patience(), RedisNode::kLongestProbe) : pipeline_.Patience();
  }
  void Extend() { limit_ = absl::Now() + Patience(); }

  bool FinishConnecting() {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(connection_.context->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    connected_ = error == 0;
    if (!connected_) CannotBeReached(std::generic_category().message(error));
    return connected_;
  }

  bool Write() {
    int all_written = 0;
    pipeline_.sent = connection_.greeted;
    if (redisBufferWrite(connection_.context.get(), &all_written) != REDIS_OK) {
      CannotBeReached(connection_.context->errstr);
      return false;
    }
    output_ = all_written == 0;
    return true;
  }

  void Read() {
    if (redisBufferRead(connection_.context.get()) != REDIS_OK) return CannotBeReached(connection_.context->errstr);
    pipeline_.node->Heard();
    while (!done_) {
      void* raw = nullptr;
      if (redisGetReplyFromReader(connection_.context.get(), &raw) != REDIS_OK) {
        return CannotBeReached(connection_.context->errstr);
      }
      if (raw == nullptr) return;
      Take(RedisReply(static_cast<redisReply*>(raw)));
    }
  }

  void Take(RedisReply reply) {
    if (connection_.greeted) {
      pipeline_.replies.push_back(std::move(reply));
      if (pipeline_.replies.size() < pipeline_.commands.size()) return;
      pipeline_.node->CheckInWorking(std::move(connection_));
      done_ = true;
      return;
    }
    if (absl::Status status = RedisErrorOf(*reply, pipeline_.node->endpoint()); !status.ok()) {
      return Break(std::move(status), /*down=*/true);
    }
    connection_.greeted = ++greeted_ == greeting_.size();
    if (connection_.greeted) SendCommands();
  }

  void CannotBeReached(absl::string_view why) {
    Fail(absl::StrCat("cannot be reached (", why, "): check that it runs and the network"), !connection_.greeted);
  }

  void Fail(absl::string_view what, bool down) {
    Break(absl::UnavailableError(absl::StrCat("Redis at ", pipeline_.node->endpoint().HostPort(), " ", what)), down);
  }

  void Break(absl::Status status, bool down) {
    connection_.context.reset();
    pipeline_.node->CheckInBroken(status, down);
    pipeline_.status = std::move(status);
    done_ = true;
  }

  RedisPipeline& pipeline_;
  RedisConnection connection_;
  std::vector<RedisCommand> greeting_;
  size_t greeted_ = 0;  // replies to the greeting
  bool connected_;
  bool output_ = false;  // there is something to be written
  bool done_ = false;
  absl::Time limit_;
};

void Finish(std::vector<Exchange>& exchanges) {
  std::vector<pollfd> awaited;
  std::vector<Exchange*> waiting;
  while (true) {
    awaited.clear();
    waiting.clear();
    absl::Time limit = absl::InfiniteFuture();
    for (Exchange& exchange : exchanges) {
      if (exchange.done()) continue;
      awaited.push_back(exchange.Awaited());
      waiting.push_back(&exchange);
      limit = std::min(limit, exchange.limit());
    }
    if (waiting.empty()) return;
    const int64_t milliseconds = absl::ToInt64Milliseconds(absl::Ceil(limit - absl::Now(), absl::Milliseconds(1)));
    poll(awaited.data(), awaited.size(), static_cast<int>(std::max<int64_t>(milliseconds, 0)));
    const absl::Time now = absl::Now();
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (awaited[i].revents != 0) {
        waiting[i]->Advance(awaited[i].revents);
      } else if (waiting[i]->limit() <= now) {
        waiting[i]->Expire();
      }
    }
  }
}

}  // namespace

void RunPipelines(absl::Span<RedisPipeline> pipelines) {
  std::vector<RedisPipeline*> waiting;
  for (RedisPipeline& pipeline : pipelines) waiting.push_back(&pipeline);
  // Waits for a connection only while it holds none: callers then never wait for one another in a circle.
  for (bool wait = waiting.size() == 1; !waiting.empty(); wait = true) {
    std::vector<Exchange> exchanges;
    exchanges.reserve(waiting.size());
    std::vector<RedisPipeline*> without;
    for (RedisPipeline* pipeline : waiting) {
      absl::StatusOr<RedisConnection> connection =
          pipeline->node->CheckOut(wait && exchanges.empty() ? pipeline->Patience() : absl::ZeroDuration());
      if (!connection.ok()) {
        pipeline->status = connection.status();
      } else if (connection->context == nullptr) {
        without.push_back(pipeline);
      } else {
        exchanges.emplace_back(*pipeline, *std::move(connection));
      }
    }
    Finish(exchanges);
    waiting = std::move(without);
  }
}

absl::StatusOr<std::vector<RedisReply>> AskRedis(const std::shared_ptr<RedisNode>& node,
                                                 absl::Span<const RedisCommand> commands, absl::Duration most_time) {
  RedisPipeline pipeline;
  pipeline.most_time = most_time;
  pipeline.node = node;
  for (const RedisCommand& command : commands) pipeline.commands.push_back(&command);
  RunPipelines({&pipeline, 1});
  if (!pipeline.status.ok()) return pipeline.status;
  for (const RedisReply& reply : pipeline.replies) {
    if (absl::Status status = RedisErrorOf(*reply, node->endpoint()); !status.ok()) return status;
  }
  return std::move(pipeline.replies);
}

}  // namespace rapport::store

#include "common/store/redis_client.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/store/redis_error.h"
#include "common/store/redis_pipeline.h"

namespace rapport::store {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(5);
constexpr absl::Duration kLongestPause = absl::Milliseconds(200);
// How often redirections are followed at once, before there is a pause as well.
constexpr int kHastyRounds = 5;
// A node that is slow to say that it lives is not waited for where there are others.
constexpr absl::Duration kLongestPing = absl::Seconds(1);

const RedisCommand& Asking() {
  static const RedisCommand& command = *new RedisCommand{"ASKING"};
  return command;
}

}  // namespace

// One Run: rounds of pipelines to all servers concerned, until every request is settled.
class RedisClient::Call {
 public:
  Call(RedisClient& client, absl::Span<const RedisRequest> requests, RedisTerms terms);

  std::vector<RedisAnswer> Run();

 private:
  struct Progress {
    bool settled = false;
    bool repeated = false;                  // once more after a connection broke
    bool asking = false;                    // with ASKING
    std::shared_ptr<RedisNode> redirected;  // to here in place of where the topology says
    // Of the round:
    std::shared_ptr<RedisNode> node;
    size_t pipeline = 0;
    size_t position = 0;  // in it
  };

  bool MaySend(size_t i, int round);
  void Place(size_t i);
  void AwaitReplicas();
  void Judge(size_t i);
  void JudgeBroken(size_t i, const RedisPipeline& pipeline);
  void JudgeRefusal(size_t i, const redisReply& reply, RedisRefusal refusal);
  void JudgeDone(size_t i, RedisPipeline& pipeline);
  void AfterRound();
  void Settle(size_t i, absl::Status status);
  bool Waits() const { return terms_.replicated && client_.url().wait_replicas > 0; }

  RedisClient& client_;
  const absl::Span<const RedisRequest> requests_;
  const RedisTerms terms_;
  const RedisCommand wait_;
  absl::Time deadline_;  // of rounds that settle nothing
  std::vector<RedisAnswer> answers_;
  std::vector<Progress> progress_;
  size_t unsettled_;
  absl::Duration pause_ = kFirstPause;
  int redirected_rounds_ = 0;

  // Of the round:
  std::vector<RedisPipeline> pipelines_;
  std::map<const RedisNode*, size_t> pipeline_of_;
  std::vector<size_t> unreachable_;  // requests that were not sent because their server is away
  std::map<const RedisNode*, absl::Status> script_loads_;
  bool must_pause_ = false;
  bool must_refresh_ = false;
  bool was_redirected_ = false;
};

RedisClient::Call::Call(RedisClient& client, absl::Span<const RedisRequest> requests, RedisTerms terms)
    : client_(client),
      requests_(requests),
      terms_(terms),
      // Answered before the connection itself times out.
      wait_({"WAIT", absl::StrCat(client.url().wait_replicas),
             absl::StrCat(std::max<int64_t>(absl::ToInt64Milliseconds(client.timeout_ / 2), 1))}),
      deadline_(absl::Now() + client.timeout_),
      answers_(requests.size()),
      progress_(requests.size()),
      unsettled_(requests.size()) {}

std::vector<RedisAnswer> RedisClient::Call::Run() {
  for (int round = 0; unsettled_ > 0; ++round) {
    pipelines_.clear();
    pipeline_of_.clear();
    unreachable_.clear();
    script_loads_.clear();
    must_pause_ = must_refresh_ = was_redirected_ = false;
    const size_t unsettled_before = unsettled_;
    for (size_t i = 0; i < requests_.size(); ++i) {
      progress_[i].node = nullptr;
      if (!progress_[i].settled && MaySend(i, round)) Place(i);
    }
    AwaitReplicas();
    RunPipelines(absl::MakeSpan(pipelines_));
    for (size_t i = 0; i < requests_.size(); ++i) {
      if (progress_[i].node != nullptr) Judge(i);
    }
    if (unsettled_ < unsettled_before) deadline_ = absl::Now() + client_.timeout_;
    if (unsettled_ > 0) AfterRound();
  }
  return std::move(answers_);
}

// Reads go along with the request that they follow: when that one is refused, they are done again behind it. A write
// cannot be taken back, so it goes after the one that it follows has succeeded.
bool RedisClient::Call::MaySend(size_t i, int round) {
  const std::optional<size_t>& lead = requests_[i].after;
  if (!lead) return true;
  if (!progress_[*lead].settled) return terms_.repeatable && round == 0;
  if (!absl::IsUnavailable(answers_[*lead].status)) return true;
  Settle(i, answers_[*lead].status);
  return false;
}

void RedisClient::Call::Place(size_t i) {
  Progress& progress = progress_[i];
  progress.node = progress.redirected != nullptr ? progress.redirected : client_.topology_.NodeOf(requests_[i].slot);
  if (progress.node == nullptr) {
    answers_[i].status = absl::UnavailableError(
        absl::StrCat("no node of the Redis cluster serves slot ", requests_[i].slot, ": see CLUSTER INFO"));
    must_pause_ = must_refresh_ = true;
    return;
  }
  const auto [entry, added] = pipeline_of_.try_emplace(progress.node.get(), pipelines_.size());
  if (added) pipelines_.emplace_back().node = progress.node;
  progress.pipeline = entry->second;
  std::vector<const RedisCommand*>& commands = pipelines_[progress.pipeline].commands;
  if (progress.asking) commands.push_back(&Asking());
  progress.position = commands.size();
  commands.push_back(&requests_[i].command);
}

// WAIT covers all that the server had done when it comes to it, also for others: what a read has seen as well as what a
// write has done.
void RedisClient::Call::AwaitReplicas() {
  if (!Waits()) return;
  for (RedisPipeline& pipeline : pipelines_) pipeline.commands.push_back(&wait_);
}

void RedisClient::Call::Judge(size_t i) {
  RedisPipeline& pipeline = pipelines_[progress_[i].pipeline];
  const std::optional<size_t>& lead = requests_[i].after;
  if (lead && !progress_[*lead].settled) return;
  if (progress_[i].position >= pipeline.replies.size()) return JudgeBroken(i, pipeline);
  const redisReply& reply = *pipeline.replies[progress_[i].position];
  if (const RedisRefusal refusal = RefusalOf(reply); refusal != RedisRefusal::kNone) {
    return JudgeRefusal(i, reply, refusal);
  }
  JudgeDone(i, pipeline);
}

void RedisClient::Call::JudgeBroken(size_t i, const RedisPipeline& pipeline) {
  must_refresh_ = true;
  progress_[i].redirected = nullptr;
  progress_[i].asking = false;
  if (!pipeline.sent) {
    answers_[i].status = pipeline.status;
    unreachable_.push_back(i);
  } else if (!terms_.repeatable) {
    Settle(i, absl::UnavailableError(absl::StrCat("outcome unknown, commit again: ", pipeline.status.message())));
  } else if (progress_[i].repeated) {
    Settle(i, pipeline.status);
  } else {
    progress_[i].repeated = true;
    answers_[i].status = pipeline.status;
  }
}

void RedisClient::Call::JudgeRefusal(size_t i, const redisReply& reply, RedisRefusal refusal) {
  Progress& progress = progress_[i];
  answers_[i].status = RedisErrorOf(reply, progress.node->endpoint());
  progress.redirected = nullptr;
  progress.asking = false;
  if (refusal == RedisRefusal::kNoScript) {
    const auto [entry, added] = script_loads_.try_emplace(progress.node.get());
    if (added) entry->second = client_.LoadScripts(progress.node);
    if (!entry->second.ok()) Settle(i, entry->second);
    return;
  }
  must_refresh_ = must_refresh_ || refusal != RedisRefusal::kAsk;
  if (refusal == RedisRefusal::kWait) {
    must_pause_ = true;
    return;
  }
  const std::optional<RedisEndpoint> target = RedirectionOf(reply, progress.node->endpoint());
  if (!target || client_.url().kind != RedisTopologyKind::kCluster) {
    return Settle(i, absl::FailedPreconditionError(
                         absl::StrCat("Redis at ", progress.node->endpoint().HostPort(),
                                      " is a node of a cluster: give the store URL as redis+cluster://...")));
  }
  was_redirected_ = true;
  progress.redirected = client_.topology_.NodeAt(*target);
  progress.asking = refusal == RedisRefusal::kAsk;
  if (!progress.asking) client_.topology_.SetNodeOf(requests_[i].slot, progress.redirected);
}

void RedisClient::Call::JudgeDone(size_t i, RedisPipeline& pipeline) {
  RedisReply& reply = pipeline.replies[progress_[i].position];
  if (absl::Status status = RedisErrorOf(*reply, pipeline.node->endpoint()); !status.ok()) {
    must_refresh_ = must_refresh_ || absl::IsUnavailable(status);
    return Settle(i, std::move(status));
  }
  if (Waits()) {
    if (!pipeline.status.ok()) return JudgeBroken(i, pipeline);
    const redisReply& replicas = *pipeline.replies.back();
    if (replicas.type != REDIS_REPLY_INTEGER || replicas.integer < client_.url().wait_replicas) {
      must_refresh_ = true;
      return Settle(i, absl::UnavailableError(absl::StrCat(
                           "outcome unknown, try again: of the ", client_.url().wait_replicas,
                           " replicas that wait_replicas in the store URL asks for, ",
                           replicas.type == REDIS_REPLY_INTEGER ? replicas.integer : 0, " confirmed to Redis at ",
                           pipeline.node->endpoint().HostPort(), ": check that they run and the network")));
    }
  }
  answers_[i].reply = std::move(reply);
  Settle(i, absl::OkStatus());
}

void RedisClient::Call::Settle(size_t i, absl::Status status) {
  answers_[i].status = std::move(status);
  progress_[i].settled = true;
  --unsettled_;
}

// Before the next round: looks where the servers are now, gives up what cannot be reached or takes too long, waits.
void RedisClient::Call::AfterRound() {
  if (must_refresh_) client_.topology_.Refresh().IgnoreError();
  for (const size_t i : unreachable_) {
    if (client_.topology_.NodeOf(requests_[i].slot) == progress_[i].node) Settle(i, answers_[i].status);
  }
  const absl::Time now = absl::Now();
  if (now >= deadline_) {
    for (size_t i = 0; i < requests_.size(); ++i) {
      if (progress_[i].settled) continue;
      const absl::Status& status = answers_[i].status;
      Settle(i, status.ok() ? absl::UnavailableError("the Redis cluster did not settle in time: try again") : status);
    }
    return;
  }
  if (was_redirected_) ++redirected_rounds_;
  if (must_pause_ || redirected_rounds_ > kHastyRounds) {
    absl::SleepFor(std::min(pause_, deadline_ - now));
    pause_ = std::min(2 * pause_, kLongestPause);
  }
}

RedisClient::RedisClient(RedisUrl url, int connections, absl::Duration timeout)
    : timeout_(timeout), topology_(std::move(url), connections, timeout) {}

absl::StatusOr<std::vector<std::string>> RedisClient::Open(const std::vector<std::string>& scripts) {
  for (const std::string& script : scripts) load_scripts_.push_back(RedisCommand{"SCRIPT", "LOAD", script});
  if (absl::Status status = topology_.Refresh(); !status.ok()) return status;
  std::vector<std::string> names;
  absl::Status trouble = absl::FailedPreconditionError(
      absl::StrCat(Name(), " is of a cluster that serves no slots: set it up with redis-cli --cluster create"));
  for (const std::shared_ptr<RedisNode>& node : Primaries()) {
    absl::StatusOr<std::vector<RedisReply>> replies = AskRedis(node, load_scripts_);
    if (!replies.ok()) {
      trouble = replies.status();
      // A node of several may be away; it is given the scripts when it misses them.
      if (absl::IsUnavailable(trouble)) continue;
      return trouble;
    }
    names.clear();
    for (const RedisReply& reply : *replies) names.emplace_back(ReplyBytes(*reply));
  }
  if (names.empty()) return trouble;
  return names;
}

absl::Status RedisClient::LoadScripts(const std::shared_ptr<RedisNode>& node) {
  return AskRedis(node, load_scripts_).status();
}

std::vector<RedisAnswer> RedisClient::Run(absl::Span<const RedisRequest> requests, RedisTerms terms) {
  return Call(*this, requests, terms).Run();
}

absl::StatusOr<std::vector<RedisReply>> RedisClient::Read(absl::Span<const RedisRequest> requests, RedisTerms terms) {
  std::vector<RedisReply> replies;
  replies.reserve(requests.size());
  for (RedisAnswer& answer : Run(requests, terms)) {
    if (!answer.status.ok()) return answer.status;
    replies.push_back(std::move(answer.reply));
  }
  return replies;
}

absl::Status RedisClient::Ping() {
  const RedisCommand ping{"PING"};
  const std::vector<std::shared_ptr<RedisNode>> nodes = Primaries();
  std::vector<RedisPipeline> pipelines(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    pipelines[i].node = nodes[i];
    pipelines[i].commands = {&ping};
    if (nodes.size() > 1) pipelines[i].most_time = kLongestPing;
  }
  RunPipelines(absl::MakeSpan(pipelines));
  absl::Status trouble = absl::UnavailableError(absl::StrCat(Name(), " serves no slots: see CLUSTER INFO"));
  for (const RedisPipeline& pipeline : pipelines) {
    trouble =
        pipeline.status.ok() ? RedisErrorOf(*pipeline.replies.front(), pipeline.node->endpoint()) : pipeline.status;
    if (trouble.ok()) return trouble;
  }
  topology_.Refresh().IgnoreError();
  return trouble;
}

std::string RedisClient::Name() const {
  return absl::StrCat("Redis at ", absl::StrJoin(url().endpoints, ",", [](std::string* out, const RedisEndpoint& each) {
                        absl::StrAppend(out, each.HostPort());
                      }));
}

}  // namespace rapport::store

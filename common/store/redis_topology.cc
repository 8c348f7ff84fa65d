#include "common/store/redis_topology.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/store/redis_error.h"

namespace rapport::store {
namespace {

constexpr absl::Duration kRefreshPause = absl::Milliseconds(100);
// Of the questions about the topology, which others wait for.
constexpr absl::Duration kLongestQuestion = absl::Seconds(1);
constexpr size_t kAskedAtOnce = 3;

// CRC-16/XMODEM.
uint16_t Crc16(absl::string_view bytes) {
  uint16_t crc = 0;
  for (const char byte : bytes) {
    crc = static_cast<uint16_t>(crc ^ static_cast<unsigned char>(byte) << 8);
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<uint16_t>((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

struct ClusterView {
  bool ok = false;
  int64_t epoch = -1;
  RedisReply slots;
  RedisEndpoint asked;
};

ClusterView ParseView(RedisPipeline& pipeline) {
  ClusterView view;
  view.asked = pipeline.node->endpoint();
  for (const absl::string_view line : absl::StrSplit(ReplyBytes(*pipeline.replies[0]), "\r\n")) {
    absl::string_view value = line;
    if (absl::ConsumePrefix(&value, "cluster_state:")) view.ok = value == "ok";
    if (absl::ConsumePrefix(&value, "cluster_current_epoch:") && !absl::SimpleAtoi(value, &view.epoch)) view.epoch = -1;
  }
  view.slots = std::move(pipeline.replies[1]);
  return view;
}

// The first error of a pipeline, be it of the connection or among the replies.
absl::Status StatusOf(const RedisPipeline& pipeline) {
  if (!pipeline.status.ok()) return pipeline.status;
  for (const RedisReply& reply : pipeline.replies) {
    if (absl::Status status = RedisErrorOf(*reply, pipeline.node->endpoint()); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

uint16_t RedisSlotOf(absl::string_view key) {
  const size_t open = key.find('{');
  if (open != absl::string_view::npos) {
    const size_t close = key.find('}', open + 1);
    if (close != absl::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  return Crc16(key) % kRedisSlots;
}

RedisTopology::RedisTopology(RedisUrl url, int connections, absl::Duration timeout)
    : url_(std::move(url)), connections_(connections), timeout_(timeout), slots_(kRedisSlots) {
  if (url_.kind == RedisTopologyKind::kSentinel) {
    for (const RedisEndpoint& endpoint : url_.endpoints) {
      sentinels_.push_back(
          std::make_shared<RedisNode>(endpoint, url_.sentinel_login, 1, std::min(timeout_, kLongestQuestion)));
    }
  } else if (url_.kind == RedisTopologyKind::kStandalone) {
    slots_.assign(kRedisSlots, NodeAt(url_.endpoints.front()));
  }
}

std::shared_ptr<RedisNode> RedisTopology::NodeOf(uint16_t slot) const {
  const std::lock_guard lock(mutex_);
  return slots_[slot];
}

uint32_t RedisTopology::GroupOf(uint16_t slot) const {
  const std::lock_guard lock(mutex_);
  if (slots_[slot] == nullptr) return UINT32_MAX;
  return static_cast<uint32_t>(std::find(numbered_.begin(), numbered_.end(), slots_[slot]) - numbered_.begin());
}

void RedisTopology::Number(const std::shared_ptr<RedisNode>& node) {
  if (std::find(numbered_.begin(), numbered_.end(), node) != numbered_.end()) return;
  const auto free = std::find(numbered_.begin(), numbered_.end(), nullptr);
  numbered_.insert(free == numbered_.end() ? free : numbered_.erase(free), node);
}

std::vector<std::shared_ptr<RedisNode>> RedisTopology::Primaries() const {
  std::map<RedisEndpoint, std::shared_ptr<RedisNode>> distinct;
  {
    const std::lock_guard lock(mutex_);
    const RedisNode* previous = nullptr;
    for (const auto& node : slots_) {
      if (node != nullptr && node.get() != previous) distinct.emplace(node->endpoint(), node);
      previous = node.get();
    }
  }
  std::vector<std::shared_ptr<RedisNode>> nodes;
  nodes.reserve(distinct.size());
  for (auto& [endpoint, node] : distinct) nodes.push_back(std::move(node));
  return nodes;
}

std::shared_ptr<RedisNode> RedisTopology::NodeAt(const RedisEndpoint& endpoint) {
  const std::lock_guard lock(mutex_);
  std::erase_if(nodes_, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<RedisNode>& known = nodes_[endpoint];
  std::shared_ptr<RedisNode> node = known.lock();
  if (node == nullptr) {
    node = std::make_shared<RedisNode>(endpoint, url_.login, connections_, timeout_);
    known = node;
  }
  return node;
}

void RedisTopology::SetNodeOf(uint16_t slot, std::shared_ptr<RedisNode> node) {
  const std::lock_guard lock(mutex_);
  Number(node);
  slots_[slot] = std::move(node);
}

absl::Status RedisTopology::Refresh() {
  if (url_.kind == RedisTopologyKind::kStandalone) return absl::OkStatus();
  const std::unique_lock refreshing(refresh_mutex_, std::try_to_lock);
  if (!refreshing.owns_lock()) return absl::OkStatus();
  if (absl::Now() < next_refresh_) return last_refresh_;
  absl::StatusOr<Slots> slots = url_.kind == RedisTopologyKind::kCluster ? AskCluster() : AskSentinels();
  next_refresh_ = absl::Now() + kRefreshPause;
  last_refresh_ = slots.status();
  if (!slots.ok()) return last_refresh_;
  const std::lock_guard lock(mutex_);
  slots_ = *std::move(slots);
  const std::set<std::shared_ptr<RedisNode>> serving(slots_.begin(), slots_.end());
  for (std::shared_ptr<RedisNode>& node : numbered_) {
    if (!serving.contains(node)) node = nullptr;
  }
  for (const std::shared_ptr<RedisNode>& node : serving) {
    if (node != nullptr) Number(node);
  }
  return absl::OkStatus();
}

absl::StatusOr<RedisTopology::Slots> RedisTopology::AskSentinels() {
  const RedisCommand whom{"SENTINEL", "get-master-addr-by-name", url_.master};
  std::vector<RedisPipeline> pipelines(sentinels_.size());
  for (size_t i = 0; i < sentinels_.size(); ++i) {
    pipelines[i].node = sentinels_[i];
    pipelines[i].commands.push_back(&whom);
  }
  RunPipelines(absl::MakeSpan(pipelines));
  absl::Status trouble = absl::UnavailableError(
      absl::StrCat("no Sentinel knows a master '", url_.master, "': check the name in the store URL"));
  std::map<RedisEndpoint, int> votes;
  for (const RedisPipeline& pipeline : pipelines) {
    if (const absl::Status status = StatusOf(pipeline); !status.ok()) {
      trouble = status;
      continue;
    }
    const absl::Span<redisReply* const> answer = ReplyElements(*pipeline.replies.front());
    RedisEndpoint endpoint;
    if (answer.size() != 2 || !absl::SimpleAtoi(ReplyBytes(*answer[1]), &endpoint.port)) continue;
    endpoint.host = std::string(ReplyBytes(*answer[0]));
    ++votes[endpoint];
  }
  std::vector<std::pair<int, RedisEndpoint>> candidates;
  candidates.reserve(votes.size());
  for (const auto& [endpoint, count] : votes) candidates.emplace_back(-count, endpoint);
  std::sort(candidates.begin(), candidates.end());
  const RedisCommand role{"ROLE"};
  // A Sentinel may be behind: what it names must take itself for the master.
  for (const auto& [count, endpoint] : candidates) {
    const std::shared_ptr<RedisNode> node = NodeAt(endpoint);
    const absl::StatusOr<std::vector<RedisReply>> taken = AskRedis(node, {&role, 1}, kLongestQuestion);
    if (!taken.ok()) {
      trouble = taken.status();
      continue;
    }
    const absl::Span<redisReply* const> answer = ReplyElements(*taken->front());
    if (!answer.empty() && ReplyBytes(*answer[0]) == "master") return Slots(kRedisSlots, node);
    trouble = absl::UnavailableError(absl::StrCat("Redis at ", endpoint.HostPort(),
                                                  " is not the master that the Sentinels take it for: wait for the "
                                                  "failover to end"));
  }
  return trouble;
}

// The primaries and the seeds, beginning with another one each time.
std::vector<std::shared_ptr<RedisNode>> RedisTopology::KnownNodes() {
  std::vector<std::shared_ptr<RedisNode>> nodes = Primaries();
  for (const RedisEndpoint& seed : url_.endpoints) {
    std::shared_ptr<RedisNode> node = NodeAt(seed);
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(std::move(node));
  }
  std::rotate(nodes.begin(), nodes.begin() + static_cast<int64_t>(next_asked_++ % nodes.size()), nodes.end());
  return nodes;
}

absl::StatusOr<RedisTopology::Slots> RedisTopology::AskCluster() {
  const RedisCommand info{"CLUSTER", "INFO"};
  const RedisCommand slots{"CLUSTER", "SLOTS"};
  const std::vector<std::shared_ptr<RedisNode>> nodes = KnownNodes();
  absl::Status trouble;
  ClusterView best;
  for (size_t first = 0; first < nodes.size() && !best.ok; first += kAskedAtOnce) {
    std::vector<RedisPipeline> pipelines(std::min(kAskedAtOnce, nodes.size() - first));
    for (size_t i = 0; i < pipelines.size(); ++i) {
      pipelines[i].node = nodes[first + i];
      pipelines[i].commands = {&info, &slots};
      pipelines[i].most_time = kLongestQuestion;
    }
    RunPipelines(absl::MakeSpan(pipelines));
    for (RedisPipeline& pipeline : pipelines) {
      if (const absl::Status status = StatusOf(pipeline); !status.ok()) {
        trouble = status;
        continue;
      }
      // A node that was cut off for a while is behind in epochs.
      ClusterView view = ParseView(pipeline);
      if (std::pair(view.ok, view.epoch) > std::pair(best.ok, best.epoch)) best = std::move(view);
    }
  }
  if (best.slots == nullptr) return trouble;
  return ParseSlots(*best.slots, best.asked);
}

RedisTopology::Slots RedisTopology::ParseSlots(const redisReply& reply, const RedisEndpoint& asked) {
  Slots slots(kRedisSlots);
  for (const redisReply* range : ReplyElements(reply)) {
    const absl::Span<redisReply* const> parts = ReplyElements(*range);  // first, last, primary, replicas
    if (parts.size() < 3) continue;
    const absl::Span<redisReply* const> primary = ReplyElements(*parts[2]);  // host, port, ...
    if (primary.size() < 2) continue;
    RedisEndpoint endpoint{std::string(ReplyBytes(*primary[0])), static_cast<int>(primary[1]->integer)};
    // A node that does not know its own address leaves it out.
    if (endpoint.host.empty()) endpoint.host = asked.host;
    const std::shared_ptr<RedisNode> node = NodeAt(endpoint);
    const int64_t last = std::min<int64_t>(parts[1]->integer, kRedisSlots - 1);
    for (int64_t slot = std::max<int64_t>(parts[0]->integer, 0); slot <= last; ++slot) slots[slot] = node;
  }
  return slots;
}

}  // namespace rapport::store

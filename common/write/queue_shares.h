#ifndef RAPPORT_COMMON_WRITE_QUEUE_SHARES_H_
#define RAPPORT_COMMON_WRITE_QUEUE_SHARES_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

namespace rapport::write {

// So much of what waits in the write path.
struct QueueAmount {
  int64_t events = 0;
  int64_t bytes = 0;

  QueueAmount& operator+=(const QueueAmount& other) {
    events += other.events;
    bytes += other.bytes;
    return *this;
  }
  QueueAmount& operator-=(const QueueAmount& other) {
    events -= other.events;
    bytes -= other.bytes;
    return *this;
  }
  friend bool operator==(const QueueAmount&, const QueueAmount&) = default;
};

// What one tenant has in one group of partitions (see store::Store::GroupOf).
struct QueueClaim {
  std::string tenant;
  uint32_t group = 0;
  QueueAmount amount;
};

// Shares a bounded queue out by dynamic thresholds (A. K. Choudhury and E. L. Hahne, "Dynamic queue length thresholds
// for shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2), 1998): what a tenant has in a group may
// come to kTimesFree times what is then still free, of events as of bytes. One that floods alone gets eight ninths; of
// n such, each gets 8/(8n + 1), and 1/(8n + 1) stays free for those who come with little. As it goes by group, what
// piles up before a node that hangs takes no share from what goes to the others. A call that finds the queue empty is
// taken if only it fits. Not thread-safe.
class QueueShares {
 public:
  static constexpr int64_t kTimesFree = 8;

  explicit QueueShares(QueueAmount capacity) : capacity_(capacity) {}

  // Takes all of the claims, of which each tenant has one for each group, or none.
  bool Take(absl::Span<const QueueClaim> claims);
  // Whether Take would take the claim now.
  bool HasRoomFor(const QueueClaim& claim) const;
  // Gives back what was taken, in parts of any size.
  void Return(const QueueClaim& part);

  // Whether claims that come to so much can ever be taken.
  bool CanHold(const QueueAmount& amount) const {
    return amount.events <= capacity_.events && amount.bytes <= capacity_.bytes;
  }
  const QueueAmount& total() const { return total_; }

 private:
  // Whether the claim keeps to its tenant's share when all that is held comes to `total`.
  bool IsWithinShare(const QueueClaim& claim, const QueueAmount& total) const;

  const QueueAmount capacity_;
  QueueAmount total_;
  absl::flat_hash_map<std::pair<std::string, uint32_t>, QueueAmount> held_;  // by tenant and group; none is 0
};

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_QUEUE_SHARES_H_

#include "common/write/queue_shares.h"

namespace rapport::write {

bool QueueShares::Take(absl::Span<const QueueClaim> claims) {
  QueueAmount total = total_;
  for (const QueueClaim& claim : claims) total += claim.amount;
  if (!CanHold(total)) return false;
  QueueAmount free = capacity_;
  free -= total;
  for (const QueueClaim& claim : claims) {
    const auto held = held_.find({claim.tenant, claim.group});
    QueueAmount wanted = held == held_.end() ? QueueAmount() : held->second;
    wanted += claim.amount;
    const bool within_share = wanted.events <= kTimesFree * free.events && wanted.bytes <= kTimesFree * free.bytes;
    if (!within_share && total_ != QueueAmount()) return false;
  }
  total_ = total;
  for (const QueueClaim& claim : claims) held_[{claim.tenant, claim.group}] += claim.amount;
  return true;
}

void QueueShares::Return(const QueueClaim& part) {
  total_ -= part.amount;
  const auto held = held_.find({part.tenant, part.group});
  held->second -= part.amount;
  if (held->second == QueueAmount()) held_.erase(held);
}

}  // namespace rapport::write

#include "common/write/queue_shares.h"

namespace rapport::write {

bool QueueShares::Take(absl::Span<const QueueClaim> claims) {
  QueueAmount total = total_;
  for (const QueueClaim& claim : claims) total += claim.amount;
  if (!CanHold(total)) return false;
  for (const QueueClaim& claim : claims) {
    if (!IsWithinShare(claim, total)) return false;
  }
  total_ = total;
  for (const QueueClaim& claim : claims) held_[{claim.tenant, claim.group}] += claim.amount;
  return true;
}

bool QueueShares::HasRoomFor(const QueueClaim& claim) const {
  QueueAmount total = total_;
  total += claim.amount;
  return CanHold(total) && IsWithinShare(claim, total);
}

bool QueueShares::IsWithinShare(const QueueClaim& claim, const QueueAmount& total) const {
  if (total_ == QueueAmount()) return true;
  QueueAmount free = capacity_;
  free -= total;
  const auto held = held_.find({claim.tenant, claim.group});
  QueueAmount wanted = held == held_.end() ? QueueAmount() : held->second;
  wanted += claim.amount;
  return wanted.events <= kTimesFree * free.events && wanted.bytes <= kTimesFree * free.bytes;
}

void QueueShares::Return(const QueueClaim& part) {
  total_ -= part.amount;
  const auto held = held_.find({part.tenant, part.group});
  held->second -= part.amount;
  if (held->second == QueueAmount()) held_.erase(held);
}

}  // namespace rapport::write

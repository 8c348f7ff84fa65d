#include "services/churn/service/directory.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/store/varint.h"
#include "services/churn/service/row_tables.h"

namespace rapport::churn {
namespace {

// Bounds what loading holds in memory beside the pieces.
constexpr size_t kTablesPerRead = 16;

absl::Status Damaged() {
  return absl::DataLossError("a row of the table of customers does not parse; restore the store from a backup");
}

// The customer of a packed row, which begins with it; nothing when the bytes are no row.
absl::string_view CustomerIdOf(absl::string_view row) {
  constexpr char kTag = storage::v1::CustomerRow::kCustomerIdFieldNumber << 3 | 2;
  uint64_t size = 0;
  if (row.empty() || row.front() != kTag) return {};
  row.remove_prefix(1);
  return store::ConsumeVarint(row, size) && size <= row.size() ? row.substr(0, size) : absl::string_view();
}

}  // namespace

// A piece that is wanted, in at least this version.
struct Directory::Place {
  uint32_t partition = 0;
  uint32_t piece = 0;
  int64_t version = 0;

  size_t index() const { return static_cast<size_t>(partition) * kRowPieces + piece; }
};

// Rows by customer id, one behind the other. Never changes.
struct Directory::Piece {
  int64_t version = 0;
  std::string rows;
  std::vector<uint32_t> ends;

  size_t size() const { return ends.size(); }
  absl::string_view at(size_t i) const {
    const size_t begin = i == 0 ? 0 : ends[i - 1];
    return absl::string_view(rows).substr(begin, ends[i] - begin);
  }
};

// What is held of a tenant.
struct Directory::Shard {
  explicit Shard(size_t pieces_in_all) : pieces(pieces_in_all) {}

  // Taken first, and held while reading from the store, so that no piece is read by two at once.
  absl::Mutex loading;
  absl::Mutex mutex;
  Pieces pieces ABSL_GUARDED_BY(mutex);

  std::vector<Place> Outdated(const std::vector<Place>& places) {
    const absl::MutexLock lock(&mutex);
    std::vector<Place> outdated;
    for (const Place& place : places) {
      const auto& piece = pieces[place.index()];
      if (piece == nullptr || piece->version < place.version) outdated.push_back(place);
    }
    return outdated;
  }

  Pieces Of(uint32_t first_partition, uint32_t end_partition) {
    const absl::MutexLock lock(&mutex);
    return {pieces.begin() + ptrdiff_t{first_partition} * kRowPieces,
            pieces.begin() + ptrdiff_t{end_partition} * kRowPieces};
  }
};

namespace {

// Calls `visit` with each row, in one message after the other.
class RowVisitor {
 public:
  explicit RowVisitor(absl::FunctionRef<void(const storage::v1::CustomerRow&)> visit) : visit_(visit) {}

  absl::Status Visit(absl::string_view bytes) {
    if (!row_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Damaged();
    visit_(row_);
    return absl::OkStatus();
  }

 private:
  const absl::FunctionRef<void(const storage::v1::CustomerRow&)> visit_;
  storage::v1::CustomerRow row_;
};

}  // namespace

Directory::Directory(Reader& reader) : reader_(reader) {}

Directory::~Directory() = default;

absl::Status Directory::ForEach(absl::string_view tenant,
                                absl::FunctionRef<void(const storage::v1::CustomerRow&)> visit) {
  const absl::StatusOr<Pieces> pieces = Current(tenant, 0, reader_.store().partition_count());
  if (!pieces.ok()) return pieces.status();
  RowVisitor visitor(visit);
  for (const auto& piece : *pieces) {
    for (size_t i = 0; piece != nullptr && i < piece->size(); ++i) {
      absl::Status visited = visitor.Visit(piece->at(i));
      if (!visited.ok()) return visited;
    }
  }
  return absl::OkStatus();
}

absl::Status Directory::ForEachInPartition(absl::string_view tenant, uint32_t partition,
                                           absl::FunctionRef<void(const storage::v1::CustomerRow&)> visit) {
  const absl::StatusOr<Pieces> pieces = Current(tenant, partition, partition + 1);
  if (!pieces.ok()) return pieces.status();
  // The next row of each piece, the least id first.
  struct Next {
    absl::string_view customer_id;
    const Piece* piece;
    size_t row;
    bool operator<(const Next& other) const { return customer_id > other.customer_id; }
  };
  std::priority_queue<Next> heads;
  const auto push = [&heads](const Piece& piece, size_t row) {
    if (row < piece.size()) heads.push({CustomerIdOf(piece.at(row)), &piece, row});
  };
  for (const auto& piece : *pieces) {
    if (piece != nullptr) push(*piece, 0);
  }
  RowVisitor visitor(visit);
  while (!heads.empty()) {
    const Next next = heads.top();
    heads.pop();
    absl::Status visited = visitor.Visit(next.piece->at(next.row));
    if (!visited.ok()) return visited;
    push(*next.piece, next.row + 1);
  }
  return absl::OkStatus();
}

absl::StatusOr<Directory::Pieces> Directory::Current(absl::string_view tenant, uint32_t first_partition,
                                                     uint32_t end_partition) {
  std::vector<store::TableRef> tables;
  for (uint32_t p = first_partition; p < end_partition; ++p) tables.push_back({{std::string(tenant), p}, kRowVersions});
  const absl::StatusOr<std::vector<store::CounterLog>> logs = reader_.store().ReadCounters(tables);
  if (!logs.ok()) return logs.status();
  std::vector<Place> places;
  for (uint32_t p = first_partition; p < end_partition; ++p) {
    for (const auto& [field, version] : (*logs)[p - first_partition].Sum()) {
      uint32_t piece = 0;
      if (!absl::SimpleAtoi(field, &piece) || piece >= kRowPieces) return Damaged();
      places.push_back({p, piece, version});
    }
  }
  if (places.empty()) return Pieces();

  const std::shared_ptr<Shard> shard = ShardOf(tenant);
  if (!shard->Outdated(places).empty()) {
    const absl::MutexLock lock(&shard->loading);
    const absl::Status loaded = Load(tenant, shard->Outdated(places), *shard);
    if (!loaded.ok()) return loaded;
  }
  return shard->Of(first_partition, end_partition);
}

absl::Status Directory::Load(absl::string_view tenant, const std::vector<Place>& places, Shard& shard) {
  for (size_t begin = 0; begin < places.size(); begin += kTablesPerRead) {
    const size_t end = std::min(places.size(), begin + kTablesPerRead);
    std::vector<store::TableRef> tables;
    for (size_t i = begin; i < end; ++i) {
      tables.push_back({{std::string(tenant), places[i].partition}, RowTable(places[i].piece)});
    }
    const absl::StatusOr<std::vector<store::CounterLog>> logs = reader_.store().ReadCounters(tables);
    if (!logs.ok()) return logs.status();
    for (size_t i = begin; i < end; ++i) {
      absl::StatusOr<std::shared_ptr<const Piece>> piece = MakePiece(places[i].version, (*logs)[i - begin]);
      if (!piece.ok()) return piece.status();
      const absl::MutexLock lock(&shard.mutex);
      shard.pieces[places[i].index()].swap(*piece);
    }
  }
  return absl::OkStatus();
}

// The version was read before the rows: they are as new, or newer, and then read again for the next version.
absl::StatusOr<std::shared_ptr<const Directory::Piece>> Directory::MakePiece(int64_t version,
                                                                             const store::CounterLog& log) {
  const absl::flat_hash_map<std::string, int64_t> sums = log.Sum();
  std::vector<std::pair<absl::string_view, absl::string_view>> by_id;
  by_id.reserve(sums.size());
  size_t bytes = 0;
  for (const auto& [row, count] : sums) {
    if (count <= 0) continue;
    by_id.emplace_back(CustomerIdOf(row), row);
    bytes += row.size();
    if (by_id.back().first.empty() || bytes > std::numeric_limits<uint32_t>::max()) return Damaged();
  }
  std::sort(by_id.begin(), by_id.end());

  auto piece = std::make_shared<Piece>();
  piece->version = version;
  piece->rows.reserve(bytes);
  piece->ends.reserve(by_id.size());
  for (const auto& [id, row] : by_id) {
    piece->rows.append(row.data(), row.size());
    piece->ends.push_back(static_cast<uint32_t>(piece->rows.size()));
  }
  return piece;
}

std::shared_ptr<Directory::Shard> Directory::ShardOf(absl::string_view tenant) {
  const absl::MutexLock lock(&mutex_);
  std::shared_ptr<Shard>& shard = shards_[tenant];
  if (shard == nullptr) {
    shard = std::make_shared<Shard>(static_cast<size_t>(reader_.store().partition_count()) * kRowPieces);
  }
  return shard;
}

}  // namespace rapport::churn

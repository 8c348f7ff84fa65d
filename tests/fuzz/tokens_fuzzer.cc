// Tokens and cursors: bytes that clients hand back to us, and may have made up.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/service/stream_cursor.h"
#include "services/ratings/service/listing.h"
#include "tests/fuzz/fail.h"
#include "tests/fuzz/memory_store.h"

namespace rapport::fuzz {
namespace {

void TestListToken(absl::string_view token) {
  const auto position = ratings::DecodeToken(token, "page.page_token");
  if (!position.ok()) return RequireClear(position.status(), "a page token");
  if (!*position) return;
  const auto again = ratings::DecodeToken(ratings::EncodeToken(**position), "page.page_token");
  Require(again.ok() && *again && (*again)->time == (*position)->time && (*again)->rating_id == (*position)->rating_id,
          "a token is read as it was written");
}

void TestStreamToken(absl::string_view token) {
  MemoryStore memory(2);
  auto cursor = service::StreamCursor::At(memory, "acme", "w", token);
  if (!cursor.ok()) return RequireClear(cursor.status(), "a resume token");
  const auto again = service::StreamCursor::At(memory, "acme", "w", cursor->Text());
  Require(again.ok() && again->Text() == cursor->Text(), "a token is read as it was written");
  Require(cursor->ReadOn().ok(), "a place can be read from");
}

void TestCursor(absl::string_view cursor) {
  MemoryStore memory(2);
  const auto page = memory.RangeIndex({.partition = {"acme", 0}, .index = "p", .cursor = std::string(cursor)});
  if (!page.ok()) RequireClear(page.status(), "a cursor");
}

}  // namespace
}  // namespace rapport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view token(reinterpret_cast<const char*>(data), size);
  rapport::fuzz::TestListToken(token);
  rapport::fuzz::TestStreamToken(token);
  rapport::fuzz::TestCursor(token);
  return 0;
}

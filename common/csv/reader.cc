#include "common/csv/reader.h"

#include <csv.h>

#include <algorithm>
#include <deque>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace rapport::csv {
namespace {

constexpr size_t kChunkBytes = size_t{64} << 10;
constexpr absl::string_view kUtf8Mark = "\xEF\xBB\xBF";

int64_t CountLineEnds(absl::string_view text) {
  int64_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++count;
  }
  return count;
}

int NoSpace(unsigned char) {
  return 0;
}

}  // namespace

struct Reader::State {
  std::istream& in;
  const char delimiter;
  const size_t max_row_bytes;

  csv_parser parser;
  std::deque<Row> ready;
  Row current;
  size_t current_bytes = 0;
  bool too_long = false;
  int64_t line = 1;
  int64_t bytes_read = 0;
  bool after_carriage_return = false;
  bool skipping_line = false;
  bool at_end = false;
  // Told after the good rows that came before it.
  absl::Status failure;

  State(std::istream& stream, char separator, size_t limit)
      : in(stream), delimiter(separator), max_row_bytes(limit), parser{} {
    Begin();
  }
  ~State() { csv_free(&parser); }

  void Begin() {
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_delim(&parser, static_cast<unsigned char>(delimiter));
    csv_set_space_func(&parser, NoSpace);
  }

  static void OnField(void* data, size_t size, void* state) {
    static_cast<State*>(state)->AddField(absl::string_view(static_cast<const char*>(data), size));
  }
  static void OnLineEnd(int terminator, void* state) { static_cast<State*>(state)->EndLine(terminator); }

  int64_t RowLine() const { return current.fields.empty() ? line : current.line; }

  void AddField(absl::string_view field) {
    if (too_long) return;
    current.line = RowLine();
    current_bytes += field.size() + sizeof(std::string);
    too_long = current_bytes > max_row_bytes;
    current.fields.emplace_back(field);
    line += CountLineEnds(field);
    after_carriage_return = false;
  }

  void EndLine(int terminator) {
    if (too_long) return;
    const bool second_of_pair = terminator == '\n' && after_carriage_return;
    if (!second_of_pair) ++line;
    after_carriage_return = terminator == '\r';
    if (!current.fields.empty()) ready.push_back(std::move(current));
    current = Row();
    current_bytes = 0;
  }

  absl::Status Fail(absl::string_view what) {
    at_end = true;
    return absl::InvalidArgumentError(absl::StrCat("line ", RowLine(), ": ", what));
  }

  void SpoilRow() {
    current.line = RowLine();
    current.error = "a quote stands inside a field: write it twice and put the field in quotes";
    line += CountLineEnds({reinterpret_cast<const char*>(parser.entry_buf), parser.entry_pos});
    ready.push_back(std::move(current));
    current = Row();
    current_bytes = 0;
    csv_free(&parser);
    Begin();
    skipping_line = true;
  }

  absl::Status Parse(absl::string_view chunk) {
    while (!chunk.empty()) {
      if (skipping_line) {
        const size_t end = chunk.find('\n');
        if (end == absl::string_view::npos) return absl::OkStatus();
        chunk.remove_prefix(end + 1);
        skipping_line = false;
        ++line;
        continue;
      }
      const size_t used = csv_parse(&parser, chunk.data(), chunk.size(), OnField, OnLineEnd, this);
      if (too_long || current_bytes + parser.entry_pos > max_row_bytes) {
        return Fail(absl::StrCat("the row is longer than ", max_row_bytes, " bytes; is a quote never closed?"));
      }
      if (used == chunk.size()) return absl::OkStatus();
      if (csv_error(&parser) != CSV_EPARSE) return Fail(csv_strerror(csv_error(&parser)));
      chunk.remove_prefix(used);
      SpoilRow();
    }
    return absl::OkStatus();
  }

  absl::Status ReadChunk() {
    std::string buffer(kChunkBytes, '\0');
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    absl::string_view chunk(buffer.data(), static_cast<size_t>(in.gcount()));
    if (in.bad()) {
      at_end = true;
      return absl::DataLossError("the file cannot be read any further");
    }
    if (bytes_read == 0) {
      if (absl::StartsWith(chunk, "\xFF\xFE") || absl::StartsWith(chunk, "\xFE\xFF")) {
        return Fail("the file is UTF-16; save it as CSV in UTF-8");
      }
      if (absl::StartsWith(chunk, kUtf8Mark)) {
        bytes_read += static_cast<int64_t>(kUtf8Mark.size());
        chunk.remove_prefix(kUtf8Mark.size());
      }
    }
    bytes_read += static_cast<int64_t>(chunk.size());
    if (absl::Status status = Parse(chunk); !status.ok()) return status;
    if (!in.eof()) return absl::OkStatus();
    at_end = true;
    if (csv_fini(&parser, OnField, OnLineEnd, this) != 0) return Fail("a quoted field begins here and is never closed");
    return absl::OkStatus();
  }
};

Reader::Reader(std::istream& in, char delimiter, size_t max_row_bytes)
    : state_(std::make_unique<State>(in, delimiter, max_row_bytes)) {}

Reader::~Reader() = default;

absl::StatusOr<std::optional<Row>> Reader::Next() {
  while (state_->ready.empty() && !state_->at_end) state_->failure.Update(state_->ReadChunk());
  if (state_->ready.empty()) {
    if (!state_->failure.ok()) return state_->failure;
    return std::optional<Row>();
  }
  Row row = std::move(state_->ready.front());
  state_->ready.pop_front();
  return std::optional<Row>(std::move(row));
}

int64_t Reader::bytes_read() const {
  return state_->bytes_read;
}

std::string Line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty()) line += ',';
    const size_t start = line.size();
    line.resize(start + field.size() * 2 + 2);
    line.resize(start + csv_write(line.data() + start, line.size() - start, field.data(), field.size()));
  }
  return line += '\n';
}

absl::StatusOr<std::vector<std::string>> SplitLine(absl::string_view line) {
  std::istringstream in{std::string(line)};
  Reader reader(in);
  absl::StatusOr<std::optional<Row>> row = reader.Next();
  if (!row.ok()) return row.status();
  if (!row->has_value()) return std::vector<std::string>();
  if (!(*row)->error.empty()) return absl::InvalidArgumentError((*row)->error);
  return std::move((*row)->fields);
}

}  // namespace rapport::csv

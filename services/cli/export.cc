#include "services/cli/export.h"

#include <grpcpp/client_context.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/cli/event_sender.h"
#include "services/cli/files.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/rating_output.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using ratings::v1::ExportRatingsRequest;
using ratings::v1::ExportRatingsResponse;
using ratings::v1::Rating;
using ratings::v1::RatingsService;

// Writes every rating of the period to `out` once; returns how many. A stream that breaks is resumed after the last
// chunk that came whole.
absl::StatusOr<int64_t> WriteAll(const Connection& connection, ExportRatingsRequest request, const RetryPolicy& retry,
                                 bool csv, std::ostream& out, Progress& progress) {
  const auto stub = RatingsService::NewStub(connection.channel());
  if (csv) out << ExportHeader();
  int64_t count = 0;
  for (int failed_tries = 0;;) {
    const std::unique_ptr<grpc::ClientContext> context = connection.NewStreamContext();
    const auto stream = stub->ExportRatings(context.get(), request);
    ExportRatingsResponse chunk;
    while (out && stream->Read(&chunk)) {
      failed_tries = 0;
      for (const Rating& rating : chunk.ratings()) out << (csv ? ExportLine(rating) : JsonLine(rating) + "\n");
      count += chunk.ratings_size();
      request.set_resume_token(chunk.resume_token());
      progress.Update(count, 0);
    }
    if (!out) {
      context->TryCancel();
      return absl::DataLossError("the output cannot be written; is the disk full?");
    }
    absl::Status status = connection.Explain(stream->Finish());
    if (status.ok()) return count;
    if (!absl::IsUnavailable(status) || !retry.Wait(++failed_tries, status.message())) return status;
  }
}

}  // namespace

absl::StatusOr<int> Export(Session& session, const ExportOptions& options) {
  ExportRatingsRequest request;
  const absl::StatusOr<common::v1::TimeRange> range = ResolvePeriod(options.period, session.environment.now());
  if (!range.ok()) return range.status();
  *request.mutable_range() = *range;
  const absl::StatusOr<ratings::v1::RatingFilter> filter = MakeFilter(options.filter);
  if (!filter.ok()) return filter.status();
  *request.mutable_filter() = *filter;
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();

  Progress progress(session.environment.err, session.progress && session.environment.err_is_terminal, 0);
  RetryPolicy retry;
  retry.delay = options.retry_delay;
  retry.on_wait = [&](absl::string_view reason, absl::Duration delay) {
    progress.Note(absl::StrCat(reason, "; trying again in ", absl::FormatDuration(delay)));
  };
  const bool csv = options.format == "csv";
  if (options.output_file.empty()) {
    const absl::StatusOr<int64_t> count =
        WriteAll(*connection, std::move(request), retry, csv, session.environment.out, progress);
    if (!count.ok()) return count.status();
    return kDone;
  }
  const std::string partial = options.output_file + ".part";
  errno = 0;
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  if (!file) return FileError(partial);
  absl::StatusOr<int64_t> count = WriteAll(*connection, std::move(request), retry, csv, file, progress);
  errno = 0;
  file.close();
  if (count.ok() && (!file || std::rename(partial.c_str(), options.output_file.c_str()) != 0)) {
    count = FileError(options.output_file);
  }
  if (!count.ok()) {
    std::remove(partial.c_str());
    return count.status();
  }
  progress.Note(absl::StrCat("wrote ", Grouped(*count), " ratings to ", options.output_file));
  return kDone;
}

}  // namespace rapport::cli

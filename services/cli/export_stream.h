#ifndef RAPPORT_SERVICES_CLI_EXPORT_STREAM_H_
#define RAPPORT_SERVICES_CLI_EXPORT_STREAM_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/cli/event_sender.h"
#include "services/cli/export_file.h"
#include "services/cli/progress.h"
#include "services/cli/session.h"

namespace rapport::cli {

// Writes all that a stream of chunks with resume tokens tells, once, after `header`. A stream that breaks is resumed
// after the last chunk that came whole. `write_chunk` returns how many items it wrote; `noun` is what people call them.
template <class Stub, class Request, class Response, class WriteChunk>
absl::StatusOr<int> ExportStream(Session& session, const ExportFileOptions& options, absl::string_view noun,
                                 std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(grpc::ClientContext*,
                                                                                               const Request&),
                                 Request request, const std::string& header, const WriteChunk& write_chunk) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  Stub stub(connection->channel());
  return WriteExport(session, options, noun,
                     [&](std::ostream& out, Progress& progress, const RetryPolicy& retry) -> absl::StatusOr<int64_t> {
                       out << header;
                       int64_t count = 0;
                       for (int failed_tries = 0;;) {
                         const std::unique_ptr<grpc::ClientContext> context = connection->NewStreamContext();
                         const auto stream = (stub.*method)(context.get(), request);
                         Response chunk;
                         while (out && stream->Read(&chunk)) {
                           failed_tries = 0;
                           count += write_chunk(chunk, out);
                           request.set_resume_token(chunk.resume_token());
                           progress.Update(count, 0);
                         }
                         if (!out) {
                           context->TryCancel();
                           return absl::DataLossError("the output cannot be written; is the disk full?");
                         }
                         absl::Status status = connection->Explain(stream->Finish());
                         if (status.ok()) return count;
                         if (!absl::IsUnavailable(status) || !retry.Wait(++failed_tries, status.message())) {
                           return status;
                         }
                       }
                     });
}

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_EXPORT_STREAM_H_

#ifndef RAPPORT_SERVICES_CLI_PAGES_H_
#define RAPPORT_SERVICES_CLI_PAGES_H_

#include <grpcpp/client_context.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "services/cli/connection.h"

namespace rapport::cli {

// Asks for page after page with `call` until `limit` items (0: all) were given to `take_page`, which returns how many
// the page has.
template <class Request, class Response, class Call, class TakePage>
absl::Status ForEachPage(const Connection& connection, int64_t limit, Request request, const Call& call,
                         const TakePage& take_page) {
  constexpr int64_t kPageSize = 1000;
  int64_t left = limit == 0 ? std::numeric_limits<int64_t>::max() : limit;
  while (left > 0) {
    request.mutable_page()->set_page_size(static_cast<int32_t>(std::min(left, kPageSize)));
    Response response;
    const grpc::Status called = call(connection.NewContext().get(), request, &response);
    if (!called.ok()) return connection.Explain(called);
    left -= take_page(response);
    if (response.next_page_token().empty()) break;
    request.mutable_page()->set_page_token(response.next_page_token());
  }
  return absl::OkStatus();
}

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_PAGES_H_

#include "services/response_times/service/promise_listing.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/response_times/service/promise_reader.h"

namespace rapport::response_times {
namespace {

// What one page looks at before it is handed out short.
constexpr size_t kMostLookedAt = 10'000;
constexpr size_t kIdsPerRead = 500;
// Of promises in one page: it has to fit into a message, of which gRPC clients take 4 MiB unless told otherwise.
constexpr size_t kMostBytesPerPage = size_t{2} << 20;

std::string EncodeToken(const DuePromise& position) {
  return absl::WebSafeBase64Escape(absl::StrCat(position.due_ms, ",", position.id));
}

absl::StatusOr<std::optional<DuePromise>> DecodeToken(absl::string_view token) {
  if (token.empty()) return std::nullopt;
  std::string plain;
  int64_t due_ms = 0;
  std::pair<absl::string_view, absl::string_view> parts;
  if (absl::WebSafeBase64Unescape(token, &plain)) parts = absl::StrSplit(plain, absl::MaxSplits(',', 1));
  if (!absl::SimpleAtoi(parts.first, &due_ms)) {
    return absl::InvalidArgumentError("page.page_token: not a token of this service; repeat the request without it");
  }
  return DuePromise{due_ms, std::string(parts.second)};
}

absl::Status Validate(const v1::ListPromisesRequest& request) {
  absl::Status status = ValidateText("customer_id", request.customer_id());
  status.Update(ValidateText("agent_id", request.agent_id()));
  if (!v1::PromiseOrigin_IsValid(request.origin())) {
    status.Update(Invalid("origin", absl::StrCat(static_cast<int>(request.origin())),
                          "is none; use PROMISE_ORIGIN_POLICY or PROMISE_ORIGIN_PERSON, or leave it out for both"));
  }
  for (int i = 0; i < request.states_size(); ++i) {
    if (request.states(i) != v1::PROMISE_STATE_UNSPECIFIED && v1::PromiseState_IsValid(request.states(i))) continue;
    status.Update(Invalid(absl::StrCat("states[", i, "]"), absl::StrCat(static_cast<int>(request.states(i))),
                          "is none; name states such as PROMISE_STATE_BROKEN, or leave them out for all"));
  }
  return status;
}

bool Matches(const v1::Promise& promise, absl::string_view only_agent, const v1::ListPromisesRequest& request) {
  const auto& states = request.states();
  return (states.empty() || std::find(states.begin(), states.end(), promise.state()) != states.end()) &&
         (request.customer_id().empty() || request.customer_id() == promise.customer_id()) &&
         (request.agent_id().empty() || request.agent_id() == promise.agent_id()) &&
         (only_agent.empty() || only_agent == promise.agent_id()) &&
         (request.origin() == v1::PROMISE_ORIGIN_UNSPECIFIED || request.origin() == promise.origin());
}

}  // namespace

absl::Status ListPromises(Reader& reader, absl::string_view tenant, absl::string_view only_agent,
                          const v1::ListPromisesRequest& request, v1::ListPromisesResponse& response) {
  absl::Status valid = Validate(request);
  if (!valid.ok()) return valid;
  const auto due = ParseRange(request.due(), "due");
  if (!due.ok()) return due.status();
  auto after = DecodeToken(request.page().page_token());
  if (!after.ok()) return after.status();
  const auto most = static_cast<int>(PageSize(request.page()));
  size_t bytes = 0;
  for (size_t looked_at = 0; looked_at < kMostLookedAt;) {
    const auto list = ListDue(reader, tenant, *due, *after, kIdsPerRead);
    if (!list.ok()) return list.status();
    std::vector<std::string> ids;
    for (const DuePromise& each : *list) ids.push_back(each.id);
    auto promises = LoadPromises(reader, tenant, ids);
    if (!promises.ok()) return promises.status();
    for (size_t i = 0; i < list->size(); ++i) {
      *after = (*list)[i];
      std::optional<v1::Promise>& promise = (*promises)[i];
      // It can have changed since the list was read.
      if (!promise || !promise->has_due_at() || !Matches(*promise, only_agent, request)) continue;
      bytes += promise->ByteSizeLong();
      *response.add_promises() = *std::move(promise);
      if (response.promises_size() < most && bytes < kMostBytesPerPage) continue;
      response.set_next_page_token(EncodeToken(**after));
      return absl::OkStatus();
    }
    if (list->size() < kIdsPerRead) return absl::OkStatus();
    looked_at += list->size();
  }
  response.set_next_page_token(EncodeToken(**after));
  return absl::OkStatus();
}

}  // namespace rapport::response_times

#ifndef RAPPORT_COMMON_SERVER_RECORDING_H_
#define RAPPORT_COMMON_SERVER_RECORDING_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/server/rpc.h"
#include "common/server/stream.h"

// RPCs that hand the items of a request to a recorder, which has
//   void Record(tenant, deadline, std::vector<const Item*>, std::vector<Result*>, done)
// and fills in one result per item before it calls `done`, once, from any thread.
namespace rapport::server {

constexpr int kMostItems = 1000;  // of one request

// Records `items`, which the request has in `field`, as far as their number and the tenant's rate allow. Items and
// results live until `done`.
template <class Recorder, class Item, class Result, class Done>
void RecordItems(RpcRuntime& runtime, const Call& call, absl::Time deadline, Recorder& recorder,
                 absl::string_view field, const google::protobuf::RepeatedPtrField<Item>& items,
                 google::protobuf::RepeatedPtrField<Result>& results, Done done) {
  absl::Status checked;
  if (items.empty() || items.size() > kMostItems) {
    checked = absl::InvalidArgumentError(
        absl::StrCat(field, ": ", items.size(), " items; send 1 to ", kMostItems, " at a time"));
  }
  if (checked.ok()) checked = runtime.ChargeEvents(call, items.size());
  if (!checked.ok()) return done(std::move(checked));
  std::vector<Result*> pointers;
  pointers.reserve(items.size());
  for (int i = 0; i < items.size(); ++i) pointers.push_back(results.Add());
  recorder.Record(call.principal.tenant, deadline, std::vector<const Item*>(items.pointer_begin(), items.pointer_end()),
                  std::move(pointers), std::move(done));
}

// ServeIngest for requests with `items` and a sequence, and responses with results and that sequence.
template <class Request, class Response, class Recorder, class Item>
grpc::ServerBidiReactor<Request, Response>* ServeIngestItems(
    RpcRuntime& runtime, grpc::CallbackServerContext* context, const RpcSpec& spec, int window, Recorder& recorder,
    absl::string_view field, const google::protobuf::RepeatedPtrField<Item>& (Request::*items)() const) {
  struct Batch {
    Request request;
    Response response;
  };
  using Answer = std::function<void(absl::StatusOr<Response>)>;
  return ServeIngest<Request, Response>(
      runtime, context, spec, window, [=, &runtime, &recorder](const Call& call, Request request, Answer answer) {
        auto batch = std::make_shared<Batch>();
        batch->request = std::move(request);
        batch->response.set_sequence(batch->request.sequence());
        RecordItems(runtime, call, absl::InfiniteFuture(), recorder, field, (batch->request.*items)(),
                    *batch->response.mutable_results(), [batch, answer = std::move(answer)](absl::Status status) {
                      if (!status.ok()) return answer(std::move(status));
                      answer(std::move(batch->response));
                    });
      });
}

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_RECORDING_H_

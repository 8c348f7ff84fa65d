#ifndef RAPPORT_COMMON_SERVER_RECORDING_H_
#define RAPPORT_COMMON_SERVER_RECORDING_H_

#include <google/protobuf/arena.h>
#include <google/protobuf/repeated_ptr_field.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/server/item_bytes.h"
#include "common/server/rpc.h"
#include "common/server/stream.h"

// RPCs that hand the items of a request to a recorder, which has
//   void Record(tenant, deadline, std::vector<const Item*>, std::vector<Result*>, done)
// and fills in one result per item before it calls `done`, once, from any thread.
namespace rapport::server {

// How the items of a request are called: the field's name, and its accessor.
template <class Request, class Item>
struct ItemsField {
  absl::string_view name;
  const google::protobuf::RepeatedPtrField<Item>& (Request::*items)() const;
};
// Clang 14 does not deduce what an aggregate holds by itself.
template <class Request, class Item>
ItemsField(absl::string_view, const google::protobuf::RepeatedPtrField<Item>& (Request::*)() const)
    -> ItemsField<Request, Item>;

// Records items that were charged. Items and results live until `done`.
template <class Recorder, class Item, class Result, class Done>
void RecordCharged(const Call& call, absl::Time deadline, Recorder& recorder,
                   const google::protobuf::RepeatedPtrField<Item>& items,
                   google::protobuf::RepeatedPtrField<Result>& results, Done done) {
  std::vector<Result*> pointers;
  pointers.reserve(items.size());
  for (int i = 0; i < items.size(); ++i) pointers.push_back(results.Add());
  recorder.Record(call.principal.tenant, deadline, std::vector<const Item*>(items.pointer_begin(), items.pointer_end()),
                  std::move(pointers), std::move(done));
}

// Serves a unary RPC whose messages stay bytes in gRPC (WithRawCallbackMethod_... of the generated service), so that a
// request is refused before anything is made of it but a count, and holds no memory while its refusal is held back.
template <class Response, class Request, class Recorder, class Item>
grpc::ServerUnaryReactor* ServeItems(RpcRuntime& runtime, grpc::CallbackServerContext* context, const RpcSpec& spec,
                                     Recorder& recorder, ItemsField<Request, Item> field,
                                     const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  struct Batch {
    google::protobuf::Arena arena{ArenaOfItems()};
    Request* request = google::protobuf::Arena::CreateMessage<Request>(&arena);
    Response* response = google::protobuf::Arena::CreateMessage<Response>(&arena);
  };
  return runtime.Async(context, spec, [=, &runtime, &recorder](const Call& call, RpcRuntime::Done done) {
    ItemBytes bytes(request);
    const int64_t count = bytes.Count(*Request::descriptor(), field.name);
    absl::Status status = ChargeItems(runtime, call, field.name, count);
    if (!status.ok()) return done(std::move(status));
    auto batch = std::make_shared<Batch>();
    status = bytes.MoveInto(*batch->request);
    const auto& items = (batch->request->*field.items)();
    // Counting ends at groups, which no message of ours has ever had: nothing may be behind one that was not charged.
    if (status.ok() && items.size() != count) status = DoesNotParse(*batch->request);
    if (!status.ok()) return done(std::move(status));
    RecordCharged(call, call.deadline, recorder, items, *batch->response->mutable_results(),
                  [batch, response, done = std::move(done)](absl::Status recorded) {
                    if (recorded.ok()) recorded = ToBytes(*batch->response, *response);
                    done(std::move(recorded));
                  });
  });
}

// ServeIngest for requests with items and a sequence, and responses with results and that sequence.
template <class Response, class Request, class Recorder, class Item>
grpc::ServerBidiReactor<Request, Response>* ServeIngestItems(RpcRuntime& runtime, grpc::CallbackServerContext* context,
                                                             const RpcSpec& spec, int window, Recorder& recorder,
                                                             ItemsField<Request, Item> field) {
  struct Batch {
    Request request;
    Response response;
  };
  using Answer = std::function<void(absl::StatusOr<Response>)>;
  return ServeIngest<Request, Response>(
      runtime, context, spec, window, [=, &runtime, &recorder](const Call& call, Request request, Answer answer) {
        const auto& items = (request.*field.items)();
        if (absl::Status charged = ChargeItems(runtime, call, field.name, items.size()); !charged.ok()) {
          return answer(std::move(charged));
        }
        auto batch = std::make_shared<Batch>();
        batch->request = std::move(request);
        batch->response.set_sequence(batch->request.sequence());
        RecordCharged(call, absl::InfiniteFuture(), recorder, (batch->request.*field.items)(),
                      *batch->response.mutable_results(), [batch, answer = std::move(answer)](absl::Status status) {
                        if (!status.ok()) return answer(std::move(status));
                        answer(std::move(batch->response));
                      });
      });
}

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_RECORDING_H_

#ifndef RAPPORT_SERVICES_RATINGS_SERVICE_RATINGS_SERVICE_H_
#define RAPPORT_SERVICES_RATINGS_SERVICE_RATINGS_SERVICE_H_

#include "common/rollup/dictionary.h"
#include "common/server/rpc.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "services/ratings/service/reader.h"
#include "services/ratings/service/recorder.h"

namespace rapport::ratings {

struct RatingsOptions {
  // Groups with fewer ratings are suppressed in figures.
  int min_group_size = 5;
  // Unacknowledged batches of one ingest stream before it is read no further.
  int ingest_window = 8;
};

// The RPCs: each checks its request and hands it to the recorder or, on the executor, to a reader. Contracts stand in
// ratings_service.proto. Thread-safe.
class RatingsService final
    : public v1::RatingsService::WithRawCallbackMethod_RecordRatings<
          v1::RatingsService::WithRawCallbackMethod_RecordSurveys<v1::RatingsService::CallbackService>> {
 public:
  // All must outlive the service.
  RatingsService(server::RpcRuntime& runtime, Recorder& recorder, Reader& reader, rollup::Dictionary& dictionary,
                 RatingsOptions options);

  grpc::ServerUnaryReactor* RecordRating(grpc::CallbackServerContext* context, const v1::RecordRatingRequest* request,
                                         v1::RecordRatingResponse* response) override;
  grpc::ServerUnaryReactor* RecordRatings(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<v1::IngestRatingsRequest, v1::IngestRatingsResponse>* IngestRatings(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* RecordSurveys(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetRating(grpc::CallbackServerContext* context, const v1::GetRatingRequest* request,
                                      v1::GetRatingResponse* response) override;
  grpc::ServerUnaryReactor* ListRatings(grpc::CallbackServerContext* context, const v1::ListRatingsRequest* request,
                                        v1::ListRatingsResponse* response) override;
  grpc::ServerUnaryReactor* QueryRatings(grpc::CallbackServerContext* context, const v1::QueryRatingsRequest* request,
                                         v1::QueryRatingsResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetCustomerSatisfaction(grpc::CallbackServerContext* context,
                                                         const v1::BatchGetCustomerSatisfactionRequest* request,
                                                         v1::BatchGetCustomerSatisfactionResponse* response) override;
  grpc::ServerUnaryReactor* ListCustomersBySatisfaction(grpc::CallbackServerContext* context,
                                                        const v1::ListCustomersBySatisfactionRequest* request,
                                                        v1::ListCustomersBySatisfactionResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchRatingsResponse>* WatchRatings(grpc::CallbackServerContext* context,
                                                                   const v1::WatchRatingsRequest* request) override;
  grpc::ServerWriteReactor<v1::ExportRatingsResponse>* ExportRatings(grpc::CallbackServerContext* context,
                                                                     const v1::ExportRatingsRequest* request) override;
  grpc::ServerUnaryReactor* EraseCustomer(grpc::CallbackServerContext* context, const v1::EraseCustomerRequest* request,
                                          v1::EraseCustomerResponse* response) override;

 private:
  server::RpcRuntime& runtime_;
  Recorder& recorder_;
  Reader& reader_;
  rollup::Dictionary& dictionary_;
  const RatingsOptions options_;
};

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_SERVICE_RATINGS_SERVICE_H_

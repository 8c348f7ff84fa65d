#include "deploy/local/example/send_activities.h"

#include "deploy/local/example/sending.h"
#include "rapport/churn/v1/churn_service.grpc.pb.h"

namespace rapport::example {
namespace {

namespace v1 = churn::v1;
using v1::ChurnService;

grpc::Status StreamActivities(ChurnService::Stub& service, const std::vector<v1::Activity>& activities, Tally& tally) {
  grpc::ClientContext context;
  Prepare(context);
  const auto stream = service.IngestActivities(&context);
  ForEachBatch(activities.size(), [&](size_t begin, size_t end) {
    v1::IngestActivitiesRequest request;
    v1::IngestActivitiesResponse acknowledgement;
    request.set_sequence(static_cast<int64_t>(begin));
    request.mutable_activities()->Assign(activities.begin() + begin, activities.begin() + end);
    if (!stream->Write(request) || !stream->Read(&acknowledgement)) return false;
    tally.Count(acknowledgement.results(), v1::OUTCOME_DUPLICATE);
    return true;
  });
  stream->WritesDone();
  return stream->Finish();
}

}  // namespace

bool SendActivities(const std::string& server, const std::vector<v1::Activity>& activities) {
  const auto service = ChurnService::NewStub(grpc::CreateChannel(server, grpc::InsecureChannelCredentials()));
  Tally tally;
  const grpc::Status status = StreamActivities(*service, activities, tally);
  tally.Print("Activities");
  return Report(server, status) && tally.refused == 0;
}

}  // namespace rapport::example

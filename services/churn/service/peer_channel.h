#ifndef RAPPORT_SERVICES_CHURN_SERVICE_PEER_CHANNEL_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_PEER_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/churn/service/peers.h"

namespace grpc {
class Channel;
class ChannelCredentials;
}  // namespace grpc

namespace rapport::churn {

// By `ca`, `cert` and `key` of the options; plain text without. The files are read again when they change.
// INVALID_ARGUMENT names the option, the file and the remedy.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakePeerCredentials(const PeerOptions& options);

// Spreads calls over all addresses of the target, and finds a server that was restarted within about a second.
std::shared_ptr<grpc::Channel> MakePeerChannel(const std::string& target,
                                               const std::shared_ptr<grpc::ChannelCredentials>& credentials);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_PEER_CHANNEL_H_

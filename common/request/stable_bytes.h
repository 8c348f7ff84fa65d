#ifndef RAPPORT_COMMON_REQUEST_STABLE_BYTES_H_
#define RAPPORT_COMMON_REQUEST_STABLE_BYTES_H_

#include <string>

#include "google/protobuf/message.h"

namespace rapport {

// The same bytes for equal messages, whatever the order in which maps were filled: orders what differs in content only.
std::string StableBytes(const google::protobuf::Message& message);

}  // namespace rapport

#endif  // RAPPORT_COMMON_REQUEST_STABLE_BYTES_H_

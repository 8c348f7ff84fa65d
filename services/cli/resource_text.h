#ifndef RAPPORT_SERVICES_CLI_RESOURCE_TEXT_H_
#define RAPPORT_SERVICES_CLI_RESOURCE_TEXT_H_

#include <google/protobuf/message.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/response_times/v1/resources.pb.h"

namespace rapport::cli {

// Fills `message` from JSON. The error names the file and the field at fault, and the fields or the values of an enum
// that there are.
absl::Status ParseResource(absl::string_view file, absl::string_view json, google::protobuf::Message* message);

std::string CalendarsText(const google::protobuf::RepeatedPtrField<response_times::v1::BusinessCalendar>& calendars,
                          absl::TimeZone zone);
std::string PoliciesText(const google::protobuf::RepeatedPtrField<response_times::v1::SlaPolicy>& policies,
                         absl::TimeZone zone);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_RESOURCE_TEXT_H_

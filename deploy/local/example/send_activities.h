#ifndef RAPPORT_DEPLOY_LOCAL_EXAMPLE_SEND_ACTIVITIES_H_
#define RAPPORT_DEPLOY_LOCAL_EXAMPLE_SEND_ACTIVITIES_H_

#include <string>
#include <vector>

#include "rapport/churn/v1/activities.pb.h"

namespace rapport::example {

// Sends these activities to the churn service at `server`, and prints what became of them. Whether all was taken.
bool SendActivities(const std::string& server, const std::vector<churn::v1::Activity>& activities);

}  // namespace rapport::example

#endif  // RAPPORT_DEPLOY_LOCAL_EXAMPLE_SEND_ACTIVITIES_H_

#ifndef RAPPORT_DEPLOY_LOCAL_EXAMPLE_SEND_RATINGS_H_
#define RAPPORT_DEPLOY_LOCAL_EXAMPLE_SEND_RATINGS_H_

#include <string>

#include "deploy/local/example/example_month.h"

namespace rapport::example {

// Sends surveys and ratings to the ratings service at `server`, and prints what became of them. Whether all was taken.
bool SendRatings(const std::string& server, const Feedback& feedback);

}  // namespace rapport::example

#endif  // RAPPORT_DEPLOY_LOCAL_EXAMPLE_SEND_RATINGS_H_

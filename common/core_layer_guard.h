#ifndef RAPPORT_COMMON_CORE_LAYER_GUARD_H_
#define RAPPORT_COMMON_CORE_LAYER_GUARD_H_

// Included first in every file of a core library (rapport_core_library): names of what the core must not know are
// errors from here on, also inside the headers that declare them.
#pragma GCC poison grpc rocksdb redisContext redisReply prometheus CivetServer

#endif  // RAPPORT_COMMON_CORE_LAYER_GUARD_H_

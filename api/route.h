// Handler tables: services/<service>/actions.cpp lists its handlers, src/wire calls them. Here and not in wire, so that a
// service depends on its API and not on how requests travel.
//
//   Result<op::CreateCluster::Output> create_cluster(Context& context, const op::CreateCluster::Input& in);
//   constexpr api::Route kRoutes[] = {api::route<op::CreateCluster, create_cluster>(), ...};
//
// Always: a handler sees input that satisfies the model; it is called on the thread that owns the state.
#pragma once

#include <string_view>
#include <type_traits>

#include "base/result.h"

namespace api {

/// One request on its way through a handler: fills the input, takes the output.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual Result<void> read(void* input) = 0;
  virtual void write(const void* output) = 0;
};

struct Route {
  std::string_view operation;
  Result<void> (*run)(void* context, Exchange& exchange);
};

namespace detail {
template <class F>
struct HandlerTraits;
template <class Context_, class In_, class Out_>
struct HandlerTraits<Result<Out_> (*)(Context_&, const In_&)> {
  using Context = Context_;
  using In = In_;
  using Out = Out_;
};

template <auto handler>
Result<void> run(void* context, Exchange& exchange) {
  using Traits = HandlerTraits<decltype(handler)>;
  typename Traits::In input;
  TRY_VOID(exchange.read(&input));
  auto output = handler(*static_cast<typename Traits::Context*>(context), input);
  if (!output) return tl::unexpected(std::move(output).error());
  exchange.write(&*output);
  return {};
}
}  // namespace detail

/// A table line. Does not compile if the handler's types are not the action's.
template <class Op, auto handler>
constexpr Route route() {
  using Traits = detail::HandlerTraits<decltype(handler)>;
  static_assert(std::is_same_v<typename Traits::In, typename Op::Input>, "the handler takes another action's input");
  static_assert(std::is_same_v<typename Traits::Out, typename Op::Output>, "the handler makes another action's output");
  return {Op::name, &detail::run<handler>};
}

}  // namespace api

// SPDX-License-Identifier: Apache-2.0
import Explanation
import Network
import Testing

struct ParameterRandomizationTests {
  @Test func `layers forget from the scores down`() throws {
    let model = try ExplainedNetwork.model()
    let randomization = try ParameterRandomization(model, seed: 1)
    #expect(
      randomization.nodes.map { model.graph.nodes[$0].name } == ["logits", "second", "first"])
    for count in 0...3 {
      let changed = try randomization.model(randomizing: count)
      let names = Set(
        zip(model.parameters.entries, changed.parameters.entries).compactMap { old, new in
          model.parameters.values(of: old).elementsEqual(changed.parameters.values(of: new))
            ? nil : String(old.name.split(separator: "/")[0])
        })
      #expect(names == Set(["logits", "second", "first"].prefix(count)))
    }
  }
}

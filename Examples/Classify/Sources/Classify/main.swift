// SPDX-License-Identifier: Apache-2.0
import Ocelli

if CommandLine.arguments.count == 3 {
  let model = try Model(contentsOf: CommandLine.arguments[1])
  let session = try Session(model, threads: 2)
  let image = try Image(contentsOfFile: CommandLine.arguments[2])
  for label in try session.classify(image, top: 3) {
    print(label.name, label.probability)
  }
} else {
  print("usage: Classify <model> <picture>")
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct ExplainCommandTests {
  private let ocelli: Ocelli
  private let pictures = "$SHARED/scenes/test"

  init() throws { ocelli = try Ocelli() }

  private func manifest(_ folder: String) throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(
      with: Data(try ocelli.bytes("\(folder)/manifest.json")))
    return try #require(json as? [String: Any])
  }

  @Test func `every method writes its map, of the plain and of the enhanced picture`() throws {
    let methods = try ocelli.shell("$OCELLI explain --help").output
    #expect(methods.contains("score-cam") && methods.contains("lime"))
    let names = [
      "grad-cam", "grad-cam++", "hires-cam", "layer-cam", "eigen-cam", "score-cam", "saliency",
      "integrated-gradients", "smooth-grad", "guided-backpropagation", "occlusion", "lime",
    ]
    let run = try ocelli.shell(
      """
      first=$(ls -d \(pictures)/* | head -n 1) && file=$(ls $first/* | head -n 1) && \
      $OCELLI explain $file \(Shared.classifier) \(Shared.enhancer) \
      --method \(names.joined(separator: " ")) --samples 50 --output out
      """)
    #expect(run.code == 0 && run.output.contains("enhanced"), "\(run)")
    let pictures = try #require(try manifest("out")["pictures"] as? [[String: Any]])
    let maps = try #require(pictures.first?["maps"] as? [[String: Any]])
    #expect(pictures.count == 1 && maps.count == 3 * names.count)
    #expect(Set(maps.compactMap { $0["method"] as? String }) == Set(names))
    for map in maps {
      let bytes = try ocelli.bytes("out/" + (try #require(map["file"] as? String)))
      #expect(bytes.starts(with: [0x93] + Array("NUMPY".utf8)))
    }
    let panel = try #require(pictures.first?["panel"] as? String)
    #expect(try ocelli.bytes("out/" + panel).starts(with: [0x89] + Array("PNG".utf8)))
    #expect(pictures.first?["change"] is [String: Any])
  }

  @Test func `both networks as one look where the classifier does on the enhanced picture`() throws
  {
    let run = try ocelli.shell(
      """
      $OCELLI explain \(pictures) \(Shared.classifier) \(Shared.enhancer) --output out \
      --degrade dull=0.4,noise=0.05 --method grad-cam saliency --internals pool1
      """)
    #expect(run.code == 0 && run.output.contains("(right)") && run.output.contains("(wrong)"))
    for sheet in ["attention", "differences"] {
      #expect(try manifest("out")[sheet] as? String == sheet + ".png")
      #expect(try ocelli.bytes("out/\(sheet).png").starts(with: [0x89] + Array("PNG".utf8)))
    }
    let found = try #require(try manifest("out")["pictures"] as? [[String: Any]])
    #expect(found.count == 20)
    let means = try #require(try manifest("out")["layers"] as? [[String: Any]])
    #expect(means.last?["layer"] as? String == "logits" && means.last?["cosine"] is Double)
    for picture in found {
      let name = try #require(picture["picture"] as? String)
      #expect(name.contains("/\(picture["truth"] as? String ?? "?")/"))
      let layers = try #require(picture["layers"] as? [[String: Any]])
      #expect(layers.contains { $0["layer"] as? String == "logits" && $0["linearCKA"] == nil })
      #expect(layers.contains { $0["layer"] as? String == "pool1" && $0["linearCKA"] is Double })
      #expect(try ocelli.bytes("out/" + (picture["internals"] as? String ?? "")).count > 100)
      func map(_ reading: String, _ method: String) throws -> Data {
        let maps = try #require(picture["maps"] as? [[String: Any]])
        let map = maps.first {
          $0["reading"] as? String == reading && $0["method"] as? String == method
        }
        return try ocelli.bytes("out/" + (try #require(map?["file"] as? String)))
      }
      #expect(try map("enhanced", "grad-cam") == map("composed", "grad-cam"))
      #expect(try map("enhanced", "saliency") != map("composed", "saliency"))
    }
  }

  @Test func `the enhancer's own layers are explained in both networks as one`() throws {
    let run = try ocelli.shell(
      """
      file=$(ls \(pictures)/*/* | head -n 1) && $OCELLI explain $file \(Shared.classifier) \
      \(Shared.enhancer) --layer enhancer/encoder1/convolution1 --reading composed --output out
      """)
    #expect(run.code == 0, "\(run)")
    let found = try #require(try manifest("out")["pictures"] as? [[String: Any]])
    let maps = try #require(found.first?["maps"] as? [[String: Any]])
    #expect(maps.map { $0["layer"] as? String } == ["enhancer/encoder1/convolution1"])
  }

  @Test func `a folder is explained alike for any number of threads`() throws {
    for threads in [1, 3] {
      let run = try ocelli.shell(
        """
        $OCELLI explain \(pictures) \(Shared.classifier) --method grad-cam lime --samples 20 \
        --internals pool1 --class 3 --threads \(threads) --output \(threads) --json >\(threads).json
        """)
      #expect(run.code == 0, "\(run)")
    }
    #expect(try ocelli.bytes("1.json") == ocelli.bytes("3.json"))
    let found = try #require(try manifest("1")["pictures"] as? [[String: Any]])
    #expect(found.count == 20 && found[0]["internals"] is String && found[0]["layers"] == nil)
    #expect(Set(found.compactMap { $0["target"] as? String }).count == 1)
    for picture in found {
      for map in try #require(picture["maps"] as? [[String: Any]]) {
        let file = try #require(map["file"] as? String)
        #expect(try ocelli.bytes("1/" + file) == ocelli.bytes("3/" + file))
      }
    }
  }

  @Test func `a model of integers is explained`() throws {
    let run = try ocelli.shell(
      """
      $OCELLI quantize $SHARED/classifier/best.safetensors --data $SHARED/scenes --output a.tflite \
      && $OCELLI explain \(pictures) --classifier a.tflite --output out
      """)
    #expect(run.code == 0, "\(run)")
    let pictures = try #require(try manifest("out")["pictures"] as? [[String: Any]])
    let maps = try #require(pictures.first?["maps"] as? [[String: Any]])
    #expect(maps.first?["layer"] is String)
  }

  @Test func `what cannot be explained is said in one line`() throws {
    let explain = "explain \(pictures) \(Shared.classifier) --output x"
    try ocelli.expectUsage("\(explain) --method magic")
    try ocelli.expectUsage("\(explain) --colors pink")
    try ocelli.expectUsage("explain \(Shared.classifier)")
    try ocelli.expectError("\(explain) --class unicorn", "has no class 'unicorn'")
    try ocelli.expectUsage("\(explain) --superpixels voronoi")
    try ocelli.expectUsage("\(explain) --stretch 0", "--stretch")
    try ocelli.expectUsage("\(explain) --reading enhanced", "--reading needs --enhancer")
    try ocelli.expectUsage("\(explain) --mean 0", "--mean and --deviation go together")
    try ocelli.expectError("\(explain) --layer enhancer/x", "has no layer 'enhancer/x'")
    try ocelli.expectError("\(explain) --degrade fog=1", "'fog': expected dull")
    try ocelli.expectError("\(explain) --internals nothing", "has no layer 'nothing'")
    try ocelli.expectError("\(explain) --class 10", "has no class '10'")
    try ocelli.expectError("\(explain) --layer nothing", "has no layer 'nothing'")
    try ocelli.expectError("\(explain) --layer logits", "layer 'logits' is no map")
    try ocelli.expectError(
      "explain \(pictures) --classifier $SHARED/enhancer/enhance/best.safetensors",
      "is an enhancer, expected a classifier")
    let twice = try ocelli.shell(
      """
      file=$(ls \(pictures)/*/* | head -n 1); $OCELLI explain $file $file \(Shared.classifier)
      """)
    #expect(twice.code == 1 && twice.errors.contains("a picture of this name"), "\(twice)")
    let run = try ocelli.shell(
      """
      echo no >a.png; first=$(ls -d \(pictures)/* | head -n 1)
      $OCELLI explain a.png $first \(Shared.classifier) --output out
      """)
    #expect(run.code == 1 && run.errors.contains("a.png: "), "\(run)")
    #expect(try manifest("out")["pictures"] is [Any])
  }
}

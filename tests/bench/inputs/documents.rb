# ruby workload: documents as hashes, arrays and strings; templates, sorting, a small parser, two
# threads. Usage: documents.rb COUNT
require 'json'
require 'set'

class Random31
  def initialize(seed) = @state = seed

  def below(limit)
    @state = (@state * 1103515245 + 12345) & 0x7fffffff
    (@state >> 8) % limit
  end
end

Item = Struct.new(:name, :price, :tags)

class Order
  attr_reader :id, :items

  def initialize(id, random)
    @id = id
    @items = Array.new(1 + random.below(8)) do
      Item.new("item-#{random.below(5000)}", random.below(100_000) / 100.0,
               Array.new(random.below(4)) { "tag#{random.below(300)}" })
    end
  end

  def to_h
    { id: @id, items: @items.map(&:to_h), total: total, note: 'n' * (@id % 200) }
  end

  def total = @items.sum(&:price).round(2)
end

def render(order)
  lines = order.items.map { |item| format('%-20s %10.2f %s', item.name, item.price, item.tags.join(' ')) }
  lines.join("\n").gsub(/item-(\d+)/) { "Item No. #{$1.to_i}" }
end

def work(count, seed)
  random = Random31.new(seed)
  recent = []
  by_tag = Hash.new { |hash, key| hash[key] = Set.new }
  sum = 0
  count.times do |number|
    order = Order.new(number, random)
    text = JSON.generate(order.to_h)
    back = JSON.parse(text)
    sum = (sum * 31 + text.bytesize + back['items'].size) % 2_147_483_647
    order.items.each { |item| item.tags.each { |tag| by_tag[tag] << number } }
    recent << [order, render(order).split("\n").sort.map(&:upcase)]
    recent.shift if recent.size > 4000
  end
  sum + by_tag.values.sum(&:size) + recent.sum { |_, lines| lines.join.bytesize }
end

count = ARGV.fetch(0).to_i
sums = [1, 2].map { |seed| Thread.new { work(count, seed) } }.map(&:value)
printf("sum %016x\n", sums.sum)

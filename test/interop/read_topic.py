"""Prints the records of a task topic as JSON lines, with the stock Avro deserializer and nothing of ours.

usage: read_topic.py BROKERS TOPIC REGISTRY_URL

Ends at the end that every partition had when it began. Bytes are printed as hex, times in ISO 8601 with microseconds.
"""

import datetime
import json
import sys

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (datetime.datetime, datetime.time)):
        return value.isoformat(timespec="microseconds")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def main(brokers, topic, url):
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": url}))
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "stock", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    for partition in partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
        consumer.assign([TopicPartition(topic, partition, low)])
        at = low
        while at < high:
            message = consumer.poll(30)
            if message is None or message.error():
                raise SystemExit(f"nothing more of partition {partition}: {message and message.error()}")
            at = message.offset() + 1
            batch = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
            for record in batch["records"]:
                print(json.dumps({name: plain(value) for name, value in record.items()}))
    consumer.close()


main(*sys.argv[1:])
